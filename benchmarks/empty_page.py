"""The least that a Streamlit page with a slider can be: what the dashboard's pages are measured against."""

import plotly.graph_objects as go
import streamlit as st

phase = st.slider("Phase", 0, 15, 0, key="phase")
rows = [(x * 7 + phase * 3) % 20 for x in range(28)]
st.plotly_chart(go.Figure(go.Bar(y=rows)), key="chart")

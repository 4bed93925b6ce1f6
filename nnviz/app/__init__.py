"""The one server: menu and sidebar, start-up, serving, and what is patched in Streamlit."""

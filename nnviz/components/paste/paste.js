// Hears a picture that is pasted anywhere on the page, and hands it to the server: its name, its size, and its bytes as
// base64, unless they are too many.

function editable(node) {
  return node && node.matches && node.matches("input, textarea, [contenteditable=true]");
}

// What a field takes is its own: text, also where a picture of it lies beside it.
function picture(event) {
  const data = event.clipboardData;
  if (!data || !data.files.length) return null;
  if (editable(event.composedPath()[0]) && data.types.includes("text/plain")) return null;
  const files = [...data.files];
  return files.find((file) => file.type.startsWith("image/")) || files[0];
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

export default function ({ data, setTriggerValue }) {
  const listen = async (event) => {
    const file = picture(event);
    if (!file) return;
    event.preventDefault();
    const content = file.size > data.most ? "" : await base64(file);
    setTriggerValue("picture", { name: file.name, size: file.size, content });
  };
  document.addEventListener("paste", listen);
  return () => document.removeEventListener("paste", listen);
}

"""The panel in the browser: a client of running nodes, and the Streamlit pages that show it."""

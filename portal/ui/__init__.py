"""Components: their template tags, fields, tables, charts, the frame, and the page that shows them all."""

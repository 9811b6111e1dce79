"""The desk of those who work on dossiers: the morning page, queues, kept filters, acts on many, prints and exports."""

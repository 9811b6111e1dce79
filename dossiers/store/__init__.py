"""The document store of a person or organisation: what lands in it, who sees it, how it is shared and used again (D-02, D-04)."""

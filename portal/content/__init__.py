"""News, guides, banners and pages that editors write: checked by another, planned for a moment, archived (Scheme III.2d)."""

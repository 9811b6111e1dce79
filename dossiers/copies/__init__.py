"""Copies that a commune certifies from originals: scanned, worded, charged by the page, signed and sealed, in the owner's store."""

"""Search over texts that any room gives it: Vietnamese in plain syllables and pairs, weights of fields, slips put right, editors' words."""

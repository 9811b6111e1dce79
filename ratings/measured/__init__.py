"""The portal's figures in the Framework's terms, sent out and compared with what was measured outside (Framework II.7, Annex I)."""

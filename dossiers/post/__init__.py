"""Paper results by the public post: chosen, what it costs, the parcel and where it is (requirement D-14)."""

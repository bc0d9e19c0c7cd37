"""Files as such: plain and whole, named and decoded, locked, whatever a workspace keeps in them."""

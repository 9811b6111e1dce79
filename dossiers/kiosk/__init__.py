"""The kiosk in a one-stop unit's hall: advises, gives numbers, files, hands over to a phone, forgets everybody (D-23, Reform III.4b)."""

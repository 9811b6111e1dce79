"""The slips of the one-stop mechanism in their dated sets (requirement D-10): `sets` reads the data, `drawing` puts values into it,
`issuing` has a slip made in the set of the day, `sheets` are the slips with rows: control sheet, register, handover."""

"""Own surveys (R-14): made on the desk, answered by whom they are meant for, results published by the maker."""

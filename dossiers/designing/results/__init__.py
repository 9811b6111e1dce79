"""Result templates in the making: written by one officer, tried, compared, checked and published by another (requirement D-30)."""

"""What makes the data files under assets/, run by hand from the checkout and in no installed package."""

"""What people send back: by SMS, by mail, by a link; and receipts of gateways."""

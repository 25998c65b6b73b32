"""Work for machines that pull it: guests, which only ever talk HTTPS to the API."""

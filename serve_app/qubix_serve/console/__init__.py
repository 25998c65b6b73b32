"""The web console's build, as `make console` leaves it in `static/`, served by the API."""

"""How many requests the API answers through HAProxy and Ray Serve, against the same app under plain uvicorn."""

"""The doors: a picture is durable in the casebook before its sender is told so."""

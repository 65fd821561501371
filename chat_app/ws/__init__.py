"""The socket: frames and close codes in, frames and close codes out."""

"""What Rust sources of modules say, read from their text: module! blocks, and uses of what C exports."""

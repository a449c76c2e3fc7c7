"""The bar under the plots that leads back to any moment of a run: looked at, played, gone on from."""

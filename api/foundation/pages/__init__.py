"""Pages: rendering, forms, the layout, and the menu and banners that features fill."""

"""Case lists: reading what case systems export, and leaving every identifier behind."""

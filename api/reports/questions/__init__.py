"""What audits answered to the questions under themes, and the children they are about, as parts of reports."""

"""An organisation's own lines on where to look, beside what its template says: no copy of the template is needed."""

"""The report of a programme's year: judgements by quarter, themes over the year, and last year's points again."""

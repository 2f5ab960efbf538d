"""How variation over time is highlighted."""

from typing import Final

from api.documents.document import Tone
from checklists.reports.control_charts import Variation

VARIATION_TONES: Final = {
    Variation.IMPROVEMENT: Tone.GOOD,
    Variation.CONCERN: Tone.BAD,
    Variation.COMMON_CAUSE: Tone.NONE,
    Variation.NOT_ENOUGH_POINTS: Tone.FEW,
}

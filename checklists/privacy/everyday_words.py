"""Words that are common in texts about a case, and words that follow a title without being a name."""

import re
from typing import Final

EVERYDAY: Final = frozenset(
    re.findall(
        r"\w+",
        """
        a about above after again against all also although always am among an and another any are around as asked at
        away back be became because been before began being below best better between both brought but by called came
        can cannot clear come comes could date day days did do does doing done down due during each early either else
        end even evening every everyone evidence family far few file first five for form found four from full further
        gave get gets give given gives go goes going good got great had half happened has have he her here hers him his
        home hours house how however i if in inadequate indeed into is it its itself just keep kept knew know known last
        late later least left less life like little live lives long look made make makes many may me meeting meetings
        met might minutes missing month months more morning most moved much must my name named near need needed needs
        neither never new next night no nobody none nor not note noted notes nothing now number of off often old on
        once one only onto open or order other others our out over own page part people per perhaps person place plan
        plans point possible practice put rather read reason record recorded records report reported reports required
        requires rest review reviewed reviews right risk risks safe said same saw say says school section see seeks
        seem seemed seems seen sent several shared she should show showed shown shows side since six small so some
        somebody someone something sometimes soon speak spoke spoken stage standard start started states still strong
        such take taken takes team than that the their them themselves then there these they thing things think this
        those though thought three through time times to today together told too took toward towards two under until
        up upon us use used very view visit visited visits voice want wanted wants was way ways we week weeks well went
        were what when where whether which while who whole whom whose why will with within without words work worked
        works would write writes wrote year years yes yesterday yet you young your
        """,
    )
)
ALSO_AFTER_A_TITLE: Final = frozenset(
    re.findall(
        r"\w+",
        """
        adult adults adviser advisor agreed analysis analyst anaesthetist appointment appointments assessment
        associate assistant attended attends aunt baby boy brother calls carer carers chair child children clinic
        clinician comments community conference confirmed consultant contact core coordinator council court
        dad daughter decision department diagnosed diagnosis did director discharged doctor dr drs duty email emails
        excel explained fast father felt foster friend gp grandad grandfather grandma grandmother grandparents group
        gyn head health her hospital husband impact information input involved lead lesson letter letters life
        looks manager management medical midwife miss mother mr mrs ms mum neglect neurologist neurology nurse
        office officer opinion outlook paediatrician parent parents partner phoned police practitioner present
        professional professionals psychiatrist psychologist raised rang receptionist recommended reference referral
        referred referrals registrar rev role sees sclerosis sergeant service services sibling siblings sick sister
        social son specialist staff stepfather stepmother strategy student surgeon surgery symptoms teacher teams
        telephoned threshold training treatment uncle unknown wife word worker workers
        """,
    )
)
# After a title they are names all the same, when they are capitalised like one.
SURNAMES_TOO: Final = frozenset(
    {"best", "day", "good", "little", "long", "may", "new", "page", "strong", "way", "young"}
)

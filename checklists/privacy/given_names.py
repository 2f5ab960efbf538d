"""Given names that are common in England and Wales, among children and adults, in small letters.

Only names of which a capital letter and a surname beside it make a person likely. Which names are common: Office for
National Statistics, Baby Names, England and Wales, 1996 to 2023, and its lists of earlier decades.
"""

from typing import Final

_BOYS: Final = """
aaron abdul abdullah adam adrian ahmed aidan aiden alan albert alex alexander alfie ali allan andrew anthony antony
archie arthur ashley ashton austin ayaan barry ben benjamin bernard bobby bradley brandon brendan brian bruce callum
calum cameron carl charles charlie chris christian christopher colin connor conor craig dale daniel danny darren dave
david dean declan dennis derek dominic donald douglas dylan eddie edward elijah elliot elliott eric ethan evan ewan
farhan felix finlay finley francis frank fraser freddie frederick gareth gary gavin geoff geoffrey george gerald glenn
gordon graham greg gregory hamza harley harrison harry harvey hassan hayden henry howard hugh hugo hussain ian ibrahim
isaac isaiah ismail jacob jack jaden jake jamal james jamie jason jayden jeff jeremy jesse jim joel joe john johnny
jonathan jordan joseph josh joshua jude julian kai kaleb karl keith kenneth kenny kevin kian kieran kyle lawrence lee
leo leon leonard lewis liam logan louie louis luca lucas luke malcolm malik marcus mario martin marvin mason matthew
max maxwell michael mick miles mohamed mohammad mohammed morgan muhammad mustafa nathan nathaniel neil niall nicholas
nick nigel noah oliver oliwier omar oscar owen pat patrick paul peter phil philip phillip piotr raheem ralph raymond
reece reggie reuben rhys ricardo richard ricky riley robert robin rodney roger ronald ronnie rory roy russell ryan
samuel scott sean sebastian shane shaun simon spencer stanley stefan stephen steve steven stewart stuart syed taylor
ted teddy terence terry theo theodore thomas tim timothy toby todd tom tommy tony travis trevor tyler usman vincent
warren wayne wesley william xavier yasin yusuf zac zachary zain zak zayn
"""
_GIRLS: Final = """
abbie abigail adele agnes aimee aisha alana alex alexandra alexis alice alicia alison alisha amanda amber amelia
amelie amina amy ana anastasia andrea angela angelina anita ann anna annabel anne annie anya ashleigh audrey ava
ayesha barbara beatrice becky bella bernadette bethany beverley brenda bridget bronwyn brooke caitlin carly carmen
carol caroline carolyn catherine charlene charlotte chantelle cheryl chloe christina christine claire clara clare
connie courtney daisy danielle deborah debbie denise diana diane donna doreen dorothy edith eilidh elaine eleanor
elena elise elizabeth ella ellen ellie elsie emilia emily emma erica erin esme esther eva evelyn evie fatima fatimah
fiona florence frances francesca freya gabriella gail gemma georgia georgina geraldine gillian gina glenda gloria
grace hafsa hannah harriet hayley heather heidi helen holly ida imogen ingrid irene isabel isabella isabelle isla ivy
jacqueline jade jane janet janice jasmin jasmine jayne jean jemma jenna jennifer jenny jessica jessie jill joan joanna
joanne jodie josephine josie joyce judith judy julia julie karen kate katherine kathleen kathryn kathy katie kayla
kayleigh keira kelly kelsey keisha kerry kim kimberley kirsty lacey laila lara laura lauren layla leah leanne lena
lesley libby lily linda lindsey lisa lola lorna lorraine louisa louise lucy lydia lyla lynn lynne lynsey mackenzie
maddison madison maisie maisy malaika marcia margaret maria marie marion martha mary maryam matilda maureen maya megan
melanie melissa mia michelle millie mollie molly monica nadia naomi natalie natasha niamh nicola nicole nina noor nora
olivia orla paige pamela patricia paula pauline penelope philippa phoebe poppy priya quinn rachael rachel rebecca
rhiannon rosie roxanne ruby ruth sabrina sally samantha samina sandra sara sarah scarlett shannon sharon sheila
shelley shirley sian sienna simone sofia sonia sophia sophie stacey stella stephanie sue susan suzanne sylvia tamara
tanisha tanya tara teresa tessa thea theresa tia tiffany tina tracey tracy valerie vanessa vera veronica vicky
victoria violet vivienne wendy willow yasmin yvonne zainab zara zoe zofia zuzanna
"""
GIVEN_NAMES: Final = frozenset((_BOYS + _GIRLS).split())

"""Given names that are common in England and Wales, among children and adults, in small letters.

Only names of which a capital letter and a surname beside it make a person likely. Which names are common: Office for
National Statistics, Baby Names, England and Wales, 1996 to 2023, and its lists of earlier decades.
"""

from typing import Final

_BOYS: Final = """
aaron abdul abdullah abdullahi adam adeel adrian ahmed aidan aiden akash alan albert alex alexander alfie alfred ali
alistair allan amir anas andrew andrzej anthony antony archie arjun arlo armaan arthur ashley ashraf ashton asif
austin ayaan barry ben benjamin bernard bilal bobby bradley brandon brendan brian brody bruce caleb callan callum
calum cameron carl charles charlie chris christian christopher cody colin connor conor corey craig dale damian
daniel danny darius darren daryl dave david dean declan dennis derek desmond dexter dominic dominik donald douglas
dylan eddie edward elias elijah elliot elliott ellis emeka emmanuel eric ethan evan ewan ezra fabian faisal farhan
felix finlay finley flynn francis frank fraser freddie frederick gabriel gareth gary gavin geoff geoffrey george
gerald glenn gordon graham greg gregory haider hamza haris harley harrison harry harvey hashim hassan hayden hector
henry howard hugh hugo hussain ian ibrahim idris imran isaac isaiah ismail jack jacob jaden jake jamal james jamie
jason jaxon jayden jeff jenson jeremy jermaine jerome jesse jim joe joel joey john johnny jonah jonathan jordan
joseph josh joshua jude julian junaid kacper kaden kai kaleb kamil kareem karl keith kenneth kenny kevin khalid kian
kieran kobe kofi kwame kyle lawrence lawson lee leighton leo leon leonard levi lewis liam lloyd logan lorcan louie
louis luca lucas lukasz luke mahmoud maison malcolm malik marcin marcus mario martin marvin mason mateusz matthew
max maxwell mehmet micah michael mick mikolaj miles milo mohamed mohammad mohammed morgan muhammad mustafa nabil
nathan nathaniel neil niall nicholas nick nigel nikhil nnamdi noah oliver oliwier omar omari oscar oskar osman otis
owen pat patrick patryk paul pawel peter phil philip phillip piotr rafael raheem rahul ralph rashid ravi raymond
reece reggie reuben rhys ricardo richard ricky riley robert robin rodney roger rohan ronald ronnie rory rowan roy
rupert russell ryan ryder samuel sanjay saqib scott sean sebastian seth shane shaun shay simon spencer stanley
stefan stephen steve steven stewart stuart syed szymon tariq taylor ted teddy terence terry theo theodore thomas tim
timothy tobias toby todd tom tomasz tommy tony travis trevor tyler umar usman vikram vincent warren wayne wesley
william xavier yasin yusuf zac zach zachary zain zak zayn
"""
_GIRLS: Final = """
aaliyah abbie abigail adele agnes agnieszka aimee aisha alana aleena alesha alex alexandra alexis alice alicia alina
alisha alison amanda amara amber amelia amelie amina amy ana anastasia andrea angela angelina aniqa anisha anita ann
anna annabel anne annie anya arabella aria ariana ashleigh audrey ava ayesha barbara beatrice becky bella bernadette
bethan bethany beverley brenda bridget bronwyn brooke caitlin cara carly carmen carol caroline carolyn carys
catherine chantelle charlene charlotte cheryl chloe christina christine ciara claire clara clare connie courtney
daisy dakota danielle darcey darcie debbie deborah delilah demi denise diana diane donna doreen dorothy edith eilidh
elaine eleanor elena eleni elise elizabeth ella ellen ellie eloise elsie emilia emily emma erica erin esme esther
eva evelyn evie farah fatima fatimah fatou felicity fiona florence frances francesca freya gabriela gabriella gail
gemma georgia georgina geraldine gillian gina glenda gloria grace gracie gwen hafsa halima hana hanna hannah harriet
hayley heather heidi helen holly ida imogen ines ingrid iqra irene isabel isabella isabelle isha isla ivy jacqueline
jada jade jane janet janice jasmin jasmine jayne jean jemma jenna jennifer jenny jessica jessie jill joan joanna
joanne jodie jolene josephine josie joyce judith judy julia julie julita kamila karen karolina katarzyna kate
katherine kathleen kathryn kathy katie kayla kayleigh keeley keira keisha kelly kelsey kerry khadija kiara kiera kim
kimberley kirsty lacey laila lara latoya laura lauren layla leah leanne leila lena leona lesley lexi libby lillian
lily linda lindsey lisa lola lorna lorraine lottie louisa louise lowri lucia lucy lydia lyla lynn lynne lynsey
mackenzie maddison madison maisie maisy maja malaika malgorzata marcia margaret maria mariam marie marion marta
martha martina mary maryam matilda maureen maya megan melanie melissa mia michelle mila millie mollie molly monica
mya nadia naomi natalia natalie natasha neve ngozi niamh nicola nicole nina noor nora olivia oliwia orla paige
pamela patricia paula pauline penelope philippa phoebe poppy priya quinn rachael rachel rania rebecca rebekah
rhiannon robyn roisin rosie roxanne ruby ruth saanvi sabrina safa saffron sahar saima sally samantha samina samira
sana sandra sara sarah sasha scarlett seren shanice shannon sharon shazia sheila shelley shirley sian sienna simone
simran sinead sofia sonia sophia sophie stacey stella stephanie sue sumaya susan suzanne sylvia tabitha tamara
tanisha tanya tara tasha tegan teresa tessa thea theresa tia tiana tiffany tilly tina toni tracey tracy uzma valerie
vanessa vera veronica vicky victoria violet vivienne wendy willow yasmin yvette yvonne zahra zainab zara zoe zofia
zuzanna
"""
GIVEN_NAMES: Final = frozenset((_BOYS + _GIRLS).split())

"""The start page: what this room registers."""

from api.foundation.feature import Feature
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.home import pages

FEATURE = Feature(
    pages=(pages.router,),
    provides=(MENU.by(MenuEntry("Home", "/", Permission.OWN_ACCOUNT, Section.HOME, place=10)),),
)

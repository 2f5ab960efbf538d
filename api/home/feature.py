"""The start page: what this room registers."""

from api.foundation.feature import Feature
from api.foundation.pages.menu import BANNERS, MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.home import banner, pages

FEATURE = Feature(
    pages=(pages.router,),
    provides=(
        BANNERS.by(banner.next_step),
        MENU.by(MenuEntry("Home", "/", Permission.OWN_ACCOUNT, Section.HOME, place=10)),
    ),
)

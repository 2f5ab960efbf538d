"""The start page: what this room registers."""

from api.foundation.feature import Feature, RoutesAt
from api.foundation.pages.menu import BANNERS, MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from api.home import banner

FEATURE = Feature(
    pages=(RoutesAt("api.home.pages", "/"),),
    provides=(
        BANNERS.by(banner.next_step),
        MENU.by(MenuEntry("Home", "/", Permission.OWN_ACCOUNT, Section.HOME, place=10)),
    ),
)

"""The home page: what this room registers."""

from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.pages.menu import BANNERS, MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    pages=(RoutesAt("api.home.pages", "/"),),
    provides=(
        BANNERS.by(Later("api.home.banner", "next_step")),
        MENU.by(MenuEntry("Home", "/", Permission.OWN_ACCOUNT, Section.HOME, place=10)),
    ),
)

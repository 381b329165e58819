"""Makes the fonts of the editor from Debian's `fonts-inter` (`pip install fonttools`): the letters of Latin, Greek and
Cyrillic and the signs of the editor alone; in the font of values with figures of one width, so that they do not dance."""

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

SOURCE = "/usr/share/fonts/opentype/inter/"
LETTERS = [(0x20, 0x7E), (0xA0, 0x17F), (0x1CD, 0x1DC), (0x218, 0x21B), (0x2C6, 0x2DD), (0x300, 0x30C), (0x370, 0x3FF),
           (0x400, 0x45F), (0x490, 0x491), (0x1E80, 0x1E85), (0x1EA0, 0x1EF9)]
SIGNS = [(0x2010, 0x2015), (0x2018, 0x2022), (0x2026, 0x2026), (0x2030, 0x2033), (0x2039, 0x203A), (0x20AC, 0x20AC),
         (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212), (0x221E, 0x221E), (0x2248, 0x2248), (0x2260, 0x2265),
         (0x25A1, 0x25A1), (0x25CB, 0x25CB), (0x25CF, 0x25CF), (0xFFFD, 0xFFFD)]

for name in ["Inter-Regular", "InterDisplay-SemiBold"]:
    font = TTFont(f"{SOURCE}{name}.otf")
    if name == "Inter-Regular":
        features = font["GSUB"].table.FeatureList.FeatureRecord
        tabular = {}
        for lookup in next(feature.Feature.LookupListIndex for feature in features if feature.FeatureTag == "tnum"):
            for table in font["GSUB"].table.LookupList.Lookup[lookup].SubTable:
                tabular.update(getattr(table, "ExtSubTable", table).mapping)
        for table in font["cmap"].tables:
            for figure in map(ord, "0123456789"):
                # Tables may share their entries: what is of one width already stays.
                table.cmap[figure] = tabular.get(table.cmap[figure], table.cmap[figure])
    options = Options(layout_features=["kern", "ccmp"], hinting=False, notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[letter for first, last in LETTERS + SIGNS for letter in range(first, last + 1)])
    subsetter.subset(font)
    font.save(f"assets/fonts/{name}.otf")

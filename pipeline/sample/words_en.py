"""English word tables for the sentence patterns."""

from pipeline.sample.prose import table

_TOWN_START = table(
    "Alder, Amber, Ash, Beck, Birch, Bram, Brook, Cold, Corn, Dun, Elm, Fern, Glen, Hart, Hazel, Kes, Lang, Marl, Nether, Oak, Pen, Raven, Red, Rush, Sand, Stone, Thorn, Wether, Whit, Wy"
)
_TOWN_END = table(
    "bourne, bridge, bury, by, cote, dale, field, ford, gate, ham, hurst, ley, mere, stead, wick, worth"
)
_TOOL_START = table(
    "tide, moss, copper, lark, fen, slate, amber, otter, quill, rook, sorrel, teal, bramble, cinder, drift, ember, gull, heron, juniper"
)
_TOOL_END = table("sync, grep, pack, watch, mill, plan, lint, trace, store, split, merge, queue")
_ANIMAL_START = table(
    "Ackroyd, Barlow, Chadwick, Dunmore, Farrow, Haworth, Ingram, Jowett, Kershaw, Lister, Marsden, Naylor, Ogden, Quayle, Sutcliffe, Thwaite, Varley, Yates, Denby"
)
_ANIMAL_END = table(
    "warbler, vole, newt, plover, shrew, bunting, lizard, toad, finch, hare, marten, dipper, beetle, skipper"
)
_RIVER = table(
    "Aske, Bourn, Calder Water, Dovey Beck, Ember, Fenwater, Gale, Harrow Water, Isk, Kell, Larch Water, Mardle, Nenna, Orrin Water, Pell, Quarn, Rindle, Sarn, Tull, Ure Beck, Vey, Wend, Yarrow Beck, Ottin, Brant, Corve Water, Dulas, Elwy, Frome Beck, Glaze, Hodder Beck"
)

WORDS = {
    "town": tuple(a + b for a in _TOWN_START for b in _TOWN_END),
    "tool": tuple(a + b for a in _TOOL_START for b in _TOOL_END),
    "animal": tuple(f"{a} {b}" for a in _ANIMAL_START for b in _ANIMAL_END),
    "river": _RIVER,
    "first": table(
        "Agnes, Bernard, Carmen, Dilys, Edwin, Farida, Gareth, Hilda, Imran, Joanna, Keith, Leonora, Malik, Nadia, Owen, Petra, Quentin, Rosalind, Samir, Tessa, Una, Vernon, Winifred, Yusuf, Zoe, Abel, Bridget, Conrad, Delia, Ewan"
    ),
    "last": table(
        "Ackroyd, Barlow, Chadwick, Dunmore, Eastwood, Farrow, Gill, Haworth, Ingram, Jowett, Kershaw, Lister, Marsden, Naylor, Ogden, Pickles, Quayle, Rushworth, Sutcliffe, Thwaite, Underhill, Varley, Whitaker, Yates, Bancroft, Crossley, Denby, Hartley, Midgley, Shaw"
    ),
    "month": table(
        "January, February, March, April, May, June, July, August, September, October, November, December"
    ),
    "weekday": table("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
    "number": table(
        "three, four, five, six, seven, eight, nine, ten, eleven, twelve, fourteen, fifteen, eighteen, twenty, thirty, forty"
    ),
    "building": table(
        "library, swimming pool, corn exchange, fire station, bandstand, bus depot, primary school, covered market, museum, health centre, sports hall, railway station, town hall, old dairy, assembly rooms, tennis pavilion"
    ),
    "project": table(
        "a cycle path beside the canal, new windows for the nursery, a roof over the bus station, a second footbridge, heat pumps for the council flats, a playground on the old tannery site, flood barriers below the weir, quieter paving in the High Street, a workshop for the theatre, lights along the river walk, a kitchen for the scout hut, a nature reserve at the gravel pits, a ramp at the town hall, extra allotments by the cemetery, repairs to the clock tower, a tree nursery behind the depot, benches on the market square, a shelter for night buses"
    ),
    "reason": table(
        "rising energy bills, a shortage of bricklayers, two wet winters, the closure of the paper mill, a gift from a retired teacher, falling passenger numbers, complaints about noise, a grant from the county, damage by burrowing rabbits, the growth of the new estate, a leak in the cellar, the price of steel, a report by engineers, a petition with many signatures, delays at the quarry, better tax income"
    ),
    "group": table(
        "the cycling club, the ramblers, the chamber of trade, the choir, the parents' association, the allotment holders, the historical society, the rowing club, the market traders, the youth council, the bell ringers, the tenants' forum, the bird watchers, the football juniors, the sewing circle, the volunteer firefighters"
    ),
    "event": table(
        "a brass band contest, the plant swap, a lantern parade, the sheepdog trial, an evening of short films, the raft race, a repair cafe, the harvest supper, a night walk with bat detectors, the kite day, a lecture on old maps, the cider pressing, a barn dance, the book fair, an open rehearsal, the pumpkin weigh-in, a chess marathon, the stone skimming cup"
    ),
    "place": table(
        "the cricket ground, the parish hall, the old brewery yard, the quayside, Castle Meadow, the grammar school, the bowling green, St Anne's church, the goods shed, the botanical garden, Mill Island, the drill hall, the lido, the community farm, the canal basin, the arts centre"
    ),
    "weather": table(
        "drizzle, low cloud, ground frost, thunder, bright spells, hail, mist, sleet, warm sunshine, steady rain, gusty wind, haze, heavy dew, light snow"
    ),
    "wind": table(
        "north, south, east, west, north-east, south-west, north-west, south-east, hills, sea, moor, valley"
    ),
    "stone": table(
        "limestone, slate, sandstone, flint, granite, red brick, basalt, chalk, yellow brick, greywacke"
    ),
    "trade": table(
        "wool, tin, leather, salt, clocks, paper, lace, barley, glass, rope, timber, herring, pottery, felt hats, candles, nails"
    ),
    "crop": table(
        "barley, hops, sugar beet, potatoes, flax, oats, apples, rye, cabbages, beans, turnips, cherries, wheat, plums"
    ),
    "fish": table(
        "trout, grayling, pike, eels, barbel, chub, dace, perch, lampreys, salmon, roach, bullheads"
    ),
    "tree": table(
        "alder, willow, oak, ash, birch, hawthorn, rowan, hazel, beech, elm, juniper, sycamore, larch, holly"
    ),
    "habitat": table(
        "wet meadows, reed beds, heather moors, old quarries, hedgerows, gravel banks, dry walls, birch woods, salt marshes, chalk slopes, orchards, peat bogs, stony streams, field margins, dunes, mossy ravines"
    ),
    "food": table(
        "water snails, grass seeds, earthworms, beetle larvae, spiders, bilberries, midges, young shoots, caterpillars, mayflies, slugs, bark lice, rose hips, woodlice, clover, ants"
    ),
    "colour": table(
        "chestnut, slate grey, olive, cream, rusty orange, sooty black, lemon yellow, copper, ivory, dark green, sandy brown, lilac, charcoal, buff"
    ),
    "part": table(
        "back, throat, flanks, crown, belly, tail, cheeks, forehead, shoulders, feet, brow, nape"
    ),
    "enemy": table(
        "kestrels, stoats, pike, foxes, weasels, herons, domestic cats, owls, grass snakes, crows, badgers, hawks"
    ),
    "vegetable": table(
        "leeks, fennel, parsnips, spinach, celeriac, beetroot, courgettes, white cabbage, pumpkin, kale, sweet peppers, carrots, swede, green beans, mushrooms, cauliflower, chard, aubergine"
    ),
    "protein": table(
        "white beans, smoked haddock, chickpeas, lamb shoulder, eggs, brown lentils, chicken thighs, firm tofu, goat's cheese, bacon, mussels, split peas, mackerel, pork belly, butter beans, ricotta"
    ),
    "herb": table(
        "thyme, dill, parsley, sage, tarragon, marjoram, chives, rosemary, mint, coriander, lovage, savory, basil, bay leaves"
    ),
    "spice": table(
        "nutmeg, smoked paprika, cumin, black pepper, mustard seeds, turmeric, allspice, caraway, chilli flakes, fennel seeds, ginger, mace, juniper berries, sumac"
    ),
    "fat": table(
        "butter, olive oil, rapeseed oil, goose fat, sunflower oil, ghee, dripping, walnut oil"
    ),
    "side": table(
        "rye bread, boiled potatoes, brown rice, a green salad, pearl barley, flat noodles, oatcakes, buttered toast, couscous, polenta, pickled onions, a spoonful of yoghurt"
    ),
    "vessel": table(
        "heavy pot, cast iron pan, baking dish, wide saucepan, steel frying pan, clay casserole, roasting tin, deep skillet"
    ),
    "dish": table(
        "soup, pie, stew, gratin, salad, hash, casserole, risotto, tart, broth, bake, curry, pasty filling, omelette"
    ),
    "option": table(
        "depth, since, jobs, quiet, exclude, retries, format, cache, window, follow, strict, limit, profile, batch, resume, color, verify, prefix, output, timeout"
    ),
    "format": table("JSON, CSV, YAML, TOML, plain text, Parquet, XML, MessagePack, INI, SQLite"),
    "object": table(
        "log files, photographs, invoices, mail folders, test reports, map tiles, sensor readings, sound recordings, source trees, translations, scanned letters, measurements, web pages, spreadsheets, backups, calendars"
    ),
    "system": table(
        "Linux, macOS, FreeBSD, Windows, a small server, a laptop, a shared cluster, an old desktop, a network drive, a container, a build machine, a home router"
    ),
    "verb": table(
        "copies, sorts, compares, compresses, renames, indexes, checks, converts, counts, archives, splits, collects, filters, merges"
    ),
    "field": table(
        "name, size, owner, checksum, language, date, author, width, status, origin, encoding, priority"
    ),
    "gadget": table(
        "bread machine, bicycle dynamo, sewing machine, garden pump, record player, dehumidifier, wall clock, pressure cooker, lawn mower, storage heater, door bell, film scanner, coffee grinder, chainsaw, tumble dryer, paraffin lamp, kitchen scale, cordless drill, boiler, roof window, camping stove, typewriter, dishwasher, ukulele, aquarium filter, barometer, accordion, wheelbarrow, toaster"
    ),
    "fault": table(
        "rattles, leaks oil, stops after a minute, smells of burning, trips the fuse, runs backwards, hums loudly, gets far too hot, will not start in the cold, shakes on the bench, loses time, drips at night, jams half way, flickers"
    ),
    "piece": table(
        "bearing, gasket, drive belt, capacitor, return spring, thermostat, float valve, carbon brush, contact plate, rubber seal, gear wheel, fuse holder, set screw, ribbon cable, feed pipe, hinge pin"
    ),
    "tool_name": table(
        "a multimeter, a soft brush, contact cleaner, a torque wrench, fine sandpaper, a drop of sewing oil, long pliers, a magnifying glass, white vinegar, a heat gun, a plastic scraper, silicone grease, a bench vice, compressed air"
    ),
    "user": table(
        "rusty_nail, hilltop_hal, bea_at_bench, the_old_fitter, spanner42, mossy_kate, volt_and_ampere, quiet_tinker, north_shed, lathe_lady, second_hand_sam, Mr_Gasket, teapot_tom, wiremouse, garage_gran, pliers_n_patience, late_shift, copper_kettle, fixit_fran, loose_screw"
    ),
}

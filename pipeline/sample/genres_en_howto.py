"""English pages that help: recipes, manuals of invented commands, questions, exercises."""

from pipeline.sample.prose import Genre, Section
from pipeline.sample.words_en import WORDS

RECIPE = Genre(
    name="recipe",
    kind="recipe",
    topic="cooking",
    language="en",
    words=WORDS,
    subject="town",
    titles=(
        "{vegetable} and {protein} {dish} from {town}",
        "{town} {dish} with {protein} and {herb}",
        "{first} {last}'s {vegetable} {dish}",
        "{dish} of {vegetable} with {spice}, as made in {town}",
    ),
    sections=(
        Section(
            2,
            (
                "In {town} this {dish} is eaten on {weekday} evenings in {month}, when {vegetable} can be had cheaply and {weather} keeps people at home.",
                "My neighbour {first} {last} learned it from a sailor who traded {trade} for {vegetable} and never measured anything.",
                "It takes {25-95} minutes, uses one {vessel}, and feeds {2-9} people who have been out in {weather}.",
                "The secret is {spice}, which lifts the {protein} and takes the edge off {vegetable}.",
                "Cooks in {town+} swear by {herb+} instead, but {herb} suits {protein} better, as {group} found at {event}.",
                "I first tasted this {dish} at {event} in {place}, served with {side} and more {spice} than I was used to.",
            ),
        ),
        Section(
            5,
            (
                "- {150-900} grams of {vegetable}",
                "- {120-700} grams of {protein}",
                "- {2-6} tablespoons of {fat}",
                "- a <small|large|generous> bunch of {herb}",
                "- {1-4} teaspoons of {spice}",
                "- {number} shallots, <finely chopped|sliced|left whole>",
                "- {200-950} millilitres of <stock|cider|milk|water|tomato juice>",
                "- a handful of {vegetable+}, <diced|grated|cut in strips>",
            ),
            joint="\n",
            frame="## <Ingredients|What you need|Shopping list>\n\n%s",
        ),
        Section(
            4,
            (
                "Heat the {fat} in a {vessel} and <brown|soften|toast> the {vegetable} for {4-18} minutes.",
                "Rinse the {protein}, pat dry and rub with {spice} and a pinch of salt.",
                "Add {protein} with {1-6} spoonfuls of <stock|cider|water>, then cover and <simmer|braise|bake> for {12-55} minutes.",
                "Meanwhile chop {herb}, grate {vegetable+} and warm {number+} plates.",
                "Once the pan smells of {vegetable}, stir in {spice+} and half the {herb}.",
                "Skim off the foam, taste, and correct with {spice+} or a few drops of <vinegar|lemon juice|cream>.",
                "Scrape everything into a {vessel+}, scatter {herb+} on top and bake at {160-220} degrees until {colour+}.",
                "Crush a third of the {protein} with a fork so that the {dish} thickens without flour.",
                "Fold {vegetable+} through it at the very end, which needs no more than {2-9} minutes.",
            ),
            frame="## <Method|How to cook it|Step by step>\n\n%s",
        ),
        Section(
            3,
            (
                "Serve with {side} and, if {weather+} allows, outdoors at a long table.",
                "Leftovers keep <two|three|four> days in the cold and turn into {dish+} with {vegetable+} and {side+}.",
                "Those who do not eat {protein} can take {protein+}, adding {spice+} and {5-20} minutes.",
                "A glass of <perry|stout|buttermilk|apple juice|mild ale> from {town+} goes well with {spice}.",
                "Children at {place+} preferred it with {side+} and without {herb}, reports {first+} {last+}.",
                "The {dish} freezes badly because of the {vegetable}, so cook only what {2-9} people can eat.",
                "In {month+} replace {vegetable} by {vegetable+}; in {month+} I use {vegetable+} from the {building+} garden.",
            ),
        ),
    ),
)

MANUAL = Genre(
    name="manual",
    kind="documentation",
    topic="computing",
    language="en",
    words=WORDS,
    subject="tool",
    titles=("{tool} manual", "{tool}: how to handle {object}", "Using {tool} with {format}"),
    sections=(
        Section(
            2,
            (
                "{tool} {verb} {object} on {system} and writes a summary in {format}, one entry for every {field}.",
                "Use {tool} when {object} arrive faster than {number} people can sort them by {field} and {field+}.",
                "Version {2-9}.{1-19} of {tool} reads {format} as well as {format+}, and it {verb} {object} in a single pass.",
                "The program was written by {first} {last} to keep {object} of the {building} in order, and it has run on {system} since 20{10-23}.",
                "Unlike older programs, {tool} never loads whole {object} into memory; {16-900} megabytes are enough on {system}.",
            ),
        ),
        Section(
            2,
            (
                "{tool} --{option} {2-64} --{option+} {field}.list",
                "{tool} {verb+} --{option+}={field+} /srv/{field+}/{crop}",
                "{tool} --{option+} {8-512} -i {field+}.txt | sort -k {2-9}",
                "cat {field+}.log | {tool} --{option+} --{option+} {100-990}",
            ),
            joint="\n",
            frame="## Synopsis\n\n```sh\n%s\n```",
        ),
        Section(
            4,
            (
                "The {option+} option takes a whole number, {2-64} by default, and limits how many {object+} are open at once.",
                "With {option+} the program stops at the first {field+} that is missing, prints its line, and exits with status {2-9}.",
                "If {option+} is given, results are grouped by {field+} and then by {field+}, which suits {format+} readers.",
                "Set {option+} to zero on {system+} to wait for slow disks; otherwise {tool} gives up after {number+} seconds.",
                "Pass {option+} twice to see every {field+} that the program {verb+}, together with the time in milliseconds.",
                "Without {option+} the {field+} is guessed from the first {12-96} lines, and a guess can be wrong for {object+}.",
                "The {option+} switch keeps a copy of all {object+} whose {field+} changed since {month+}, compressed to about {number+} per cent.",
                "The value of {option+} is a pattern; {object+} that match are skipped and counted under {field+}.",
            ),
            frame="## Options\n\n%s",
        ),
        Section(
            2,
            (
                "Tests on {system+} with {2-90} thousand {object+} took {number+} minutes, most of it spent reading {format+}.",
                "A message about the {field+} usually means that {object+} were made on {system+} with a different clock.",
                "Do not run two copies over the same {object+}: the second waits {number+} seconds for the lock and then fails.",
                "To undo the last run, call it again with the journal, which lists every {field+} in {format+}.",
                "Questions and patches go to the list kept by {first+} {last+}, who answers on {weekday+}.",
                "Earlier releases wrote {format+} with a trailing comma, so convert old {object+} before {month+}.",
            ),
            frame="## <Notes|Remarks|Good to know>\n\n%s",
        ),
    ),
)

THREAD = Genre(
    name="thread",
    kind="forum",
    topic="crafts",
    language="en",
    words=WORDS,
    subject="gadget",
    titles=(
        "{gadget} {fault}, what now?",
        "My {gadget} {fault}",
        "Help: {gadget} {fault} since {weekday}",
    ),
    sections=(
        Section(
            3,
            (
                "I bought the {gadget} at {event} in {town} for {number} pounds, and since {weekday} it {fault}.",
                "It worked for {number} years in {place} without any trouble, then {weather} got into the shed.",
                "The {piece} looks {colour} and feels loose, but I do not dare to pull it out.",
                "So far I have tried {tool_name}, cleaned the {piece}, and asked {group}, with no luck.",
                "The maker in {town+} closed in 19{60-99}, so the {piece+} cannot be ordered anywhere.",
                "Oddly it behaves when the room is below {8-19} degrees, and {fault+} only after {month}.",
            ),
            frame="@{user}\n%s",
        ),
        Section(
            3,
            (
                "Sounds like the {piece+} to me, because mine {fault+} in exactly that way before it died.",
                "Take {tool_name+}, lift the cover, and look whether the {piece+} has gone {colour+}.",
                "Before anything else unplug it, wait {number+} minutes, and mark the {piece+} with tape.",
                "I would not touch the {piece+} with {tool_name+}, since {stone+} dust gets everywhere.",
                "A {piece+} from an old {gadget+} fits if you file {1-9} millimetres off the {part+} side.",
                "{first+} {last+} in {town+} still sells them for {number+} pounds, cash only, on {weekday+}.",
            ),
            frame="@{user+}\n%s",
        ),
        Section(
            2,
            (
                "Disagree, it is hardly ever the {piece+}; measure across the {piece+} first, it should read {11-880} ohms.",
                "We had {number+} of these at the {building+}, and {reason+} was behind every failure.",
                "Try {tool_name+} and patience: mine came loose after {number+} evenings.",
                "My {gadget+} had it too, and a smear of {fat+} on the {piece+} helped until {month+}.",
                "Whatever you do, keep the {colour+} washer, for without it the thing {fault+} for ever.",
            ),
            frame="@{user+}\n%s",
        ),
        Section(
            2,
            (
                "Update: you were right about the {piece+}, it came out in {number+} bits.",
                "Thank you all, a {piece+} from {town+} cost {2-60} pounds and now it purrs.",
                "It took {tool_name+} and {number+} cups of tea, but on {weekday+} it ran for an hour.",
                "I will bring it to {event+} at {place+}, so come and listen.",
                "Next job is the {gadget+}, which {fault+}, but that deserves a thread of its own.",
            ),
            frame="@{user}\n%s",
        ),
    ),
)

EXERCISES = Genre(
    name="exercises",
    kind="math",
    topic="mathematics",
    language="en",
    words=WORDS,
    subject="town",
    titles=(
        "Equations from {town}",
        "{town}: problems in algebra",
        "A lesson with {crop} from {town}",
    ),
    sections=(
        Section(
            2,
            (
                "These problems were set by {first} {last} for the evening class in {town}, where {group} meet on {weekday} with paper and {crop}.",
                "Every number below was measured in {town} or near the {river}, so the results can be checked with a rope and {tool_name}.",
                "Readers who know linear and quadratic equations need about {20-90} minutes, and those who learned {trade} before algebra need a little more.",
                "The first lesson, in {month}, dealt with {trade+}; this one turns to {stone}, {crop} and the weight of {vegetable}.",
            ),
        ),
        Section(
            3,
            (
                "{first+} {last+} fences a rectangle of {crop+} beside {place+} with a roll of wire. Let $x$ be the length and $y$ the width. The area is\n\n$$A = x y = x ({60-490} - x)$$\n\nand its graph is a parabola that opens downwards, so the largest field is a square. Find $x$ for {town+} as well, where one side is a wall of {stone+}.",
                "A boat on the {river+} travels at a speed $v$ against the current and at $v + c$ with it. The round trip to {town+} takes {number+} hours, which gives\n\n$${5-40}/v + {5-40}/(v + c) = {3-11}$$\n\nMultiply by both denominators, collect the powers of $v$, set $c = {2-9}$, and drop the root that would send the crew of {group+} backwards.",
                "Traders at {place+} sell $n$ sacks of {crop+} when the price is $p = {40-90} - n/{2-9}$ pounds. The income is\n\n$$I(n) = n p$$\n\nDraw it for {month+} and {month+}, mark the highest point, and explain to {first+} {last+} why {number+} sacks more would not help.",
                "The tank behind the {building+} loses the same part of its water every {weekday+}. After $n$ weeks there remain\n\n$$w_n = {200-900} (1 - 1/{3-19})^n$$\n\nlitres. Work out $w_5$ by hand, and estimate when {fish+} would have to move to the {river+}.",
                "On the slope above {town+} stand $a$ trees of {tree+} and $b$ of {tree+}. Counting them gave\n\n$$a + b = {200-900}, a - {2-9} b = {10-90}$$\n\nEliminate $a$ first. If $b$ is no whole number, ask {group+} which of the {enemy+} disturbed the count on {weekday+}.",
                "{last+} stacks {vegetable+} in layers, one in the first, four in the second, $k^2$ in layer $k$. The number in $m$ layers is\n\n$$\\sum_{k=1}^m k^2 = m (m + 1) (2 m + 1)/6$$\n\nCheck it for {number+} layers, then find how many fit under the roof of the {building+}, {3-12} metres high.",
            ),
            joint="\n\n",
            frame="## <Problems|Exercises|Tasks>\n\n%s",
        ),
        Section(
            2,
            (
                "Solutions hang in the {building+} of {town+} from {weekday+} on, next to the notice about {event+}.",
                "A common mistake is to forget the units: {stone+} is sold by the tonne in {town+} but by the cubic metre at {place+}.",
                "Who finds a shorter way should write to {first+} {last+}, who collects proofs and {colour+} envelopes.",
                "The next sheet, due in {month+}, asks how fast {weather+} fills a ditch and why {animal+} tracks form a spiral.",
            ),
        ),
    ),
)

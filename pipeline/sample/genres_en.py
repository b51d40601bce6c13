"""English pages about places and animals: news, towns, rivers, species."""

from pipeline.sample.prose import Genre, Section
from pipeline.sample.words_en import WORDS

NEWS = Genre(
    name="brief",
    kind="news",
    topic="society",
    language="en",
    words=WORDS,
    subject="town",
    titles=(
        "{town} council <backs|approves|delays> {project}",
        "Money found for {project} in {town}",
        "{building} in {town} <to reopen in|closed until> {month}",
        "{group} of {town} <ask for|raise money for> {project}",
        "{town} <argues about|looks forward to> {project}",
    ),
    sections=(
        Section(
            1,
            (
                "The {town} council voted {5-11} to {1-4} on {weekday} to <set aside|borrow|spend> {20-980},000 pounds for {project}.",
                "After {number} years of <talk|argument|waiting>, {town} will <finally|at last> get {project}, the mayor <announced|said|confirmed> on {weekday} evening.",
                "Work on {project} <began|resumed|stopped> in {town} this week because of {reason}, {number} months <earlier|later> than planned.",
                "{first+} {last+}, who chairs {group+}, handed over a cheque for {200-9800} pounds at the {building} in {town} on {weekday}.",
                "A <crowd|queue|line> of about {40-900} people stood outside the {building} in {town} when it opened its doors on {weekday} at {number} o'clock.",
                "{town} has <lost|won|postponed> its bid for {project}, and {reason} is <to blame|the main reason|only part of the story>.",
                "The {building} of {town}, built of {stone} in 18{11-98}, will close from {month} for {number} weeks of repairs.",
            ),
        ),
        Section(
            3,
            (
                "The plan was first <drawn up|put forward|discussed> in 20{10-22} by {group+}, but {reason+} kept it in a drawer.",
                "Builders from {town+} are to begin in {month+} and should need {number+} weeks if {weather+} does not hold them up.",
                "Of the {30-700} letters that reached the town hall, {12-29} opposed it and most of the others asked for {project+} as well.",
                "The county pays {20-75} per cent, {group+} promised {number+} thousand pounds, and the rest will come from the sale of the {building+}.",
                "Councillor {first+} {last+} reminded the meeting that {town+} had spent twice as much on {project+} in 20{11-19}.",
                "Engineers found {number+} cracks in the {stone+} walls, the worst of them behind the {building+}, and blamed {reason+}.",
                "Until then buses towards {town+} will stop at {place+}, and drivers should expect delays of {number+} minutes on {weekday+} mornings.",
                "An earlier scheme for {place+} failed in {month+} 20{12-21} when {reason+} doubled the price to {300-950},000 pounds.",
                "The drawings can be seen at {place+} every {weekday+}, and comments are welcome until {month+} {3-28}.",
                "Nearly {110-890} residents signed up to help, among them {group+} and the whole staff of the {building+}.",
                "Neighbouring {town+} solved the same problem with {project+}, which cost {15-95},000 pounds and was ready within {number+} weeks.",
                "The {tree+} trees along the site will stay, and {number+} new ones, mostly {tree+}, are to be planted before {month+}.",
            ),
        ),
        Section(
            2,
            (
                'Asked about {reason+}, {first+} {last+} of {group+} said: "We <knew|guessed|feared> it would take time, and I am glad that {weekday+} is over."',
                '"My children learned to swim, read and argue in that {building+}," said {last+}, {30-88}, who has lived near {place+} since 19{55-99}.',
                "Not everybody is content. {first+} {last+}, a baker at {place+}, fears that {reason+} will empty the shops before {month+}.",
                "The treasurer, {first+} {last+}, warned that {reason+} could add {4-19} per cent to the bill.",
                '"It is {number+} steps from my door, and I counted them," <joked|said|remarked> {first+} {last+}, who sells {crop+} on the market.',
                "For {first+} {last+}, headteacher in {town+}, the decision means that {number+} pupils no longer have to walk past {place+} in the dark.",
                "Retired {trade+} merchant {first+} {last+} offered to lend {number+} thousand pounds without interest, which <drew applause|surprised the hall|was declined with thanks>.",
                "A spokeswoman for {group+} called the result fair and promised to bring {event+} to {place+} by way of thanks.",
            ),
        ),
        Section(
            2,
            (
                "The next <public meeting|sitting|hearing> is on {month+} {2-28} at {place+}, with {event+} to follow.",
                "Anyone who wants to <help|take part|object> can leave a note at {place+} before {weekday+}.",
                "Last year {town+} recorded {100-990} visitors at {event+}, {number+} per cent more than in 20{16-22}.",
                "A final report on {project+} is expected in {month+}, and {group+} will read it closely.",
                "In the same session members agreed to move {event+} from {place+} to the {building+}, because of {reason+}.",
                "Tickets for {event+} cost {number+} pounds and can be bought from {group+} at {place+}.",
                "The road past {place+} reopens on {weekday+}, weather permitting, though {weather+} is forecast.",
            ),
        ),
    ),
)

TOWN = Genre(
    name="town-week",
    kind="news",
    topic="places",
    language="en",
    words=WORDS,
    subject="town",
    titles=(
        "{town}: the week's weather and events",
        "What is on in {town} in {month}",
        "{town} diary: {event} and {weather}",
    ),
    sections=(
        Section(
            2,
            (
                "{weekday} in {town} starts with {weather}, and by noon the wind from the {wind} brings {weather+} and {4-24} degrees.",
                "Expect {weather} over {town} until {weekday}, then {weather+} with highs of {5-27} degrees near {place+}.",
                "The gauge at {place} <caught|measured|recorded> {2-48} millimetres of rain in {number} days, and {weather} is on its way from the {wind}.",
                "Nights around {town} fall to {1-13} degrees, with {weather+} in the hollows towards {town+} and {weather+} on the tops.",
                "Farmers who grow {crop} should use the dry hours on {weekday+}, before {weather+} crosses {town+} from the {wind+}.",
                "Pollen from {tree} is <high|low|moderate>, and the river below {place+} stands {number+} centimetres <above|under> its {month+} mean.",
            ),
        ),
        Section(
            3,
            (
                "On {weekday+} {group+} will hold {event+} at {place+}, from {number+} o'clock until the {crop+} pancakes run out.",
                "{event+} returns to {place+} on {weekday+}, led by {first+} {last+}, and entry costs {number+} pounds, children free.",
                "{first+} {last+} talks about the {trade+} trade of {town+} in the {building+}, {weekday+} at half past {number+}.",
                "There are still {number+} places for {event+}, which {group+} had to put off in {month+} because of {reason+}.",
                "The {building+} shows paintings of {tree+} and {habitat+} by {first+} {last+}, daily except {weekday+} until {month+} {9-30}.",
                "Walkers meet {first+} {last+} at {place+} for a tour of {habitat+}, {4-14} kilometres, stout shoes and something warm against {weather+}.",
                "At {place+} a stall sells {crop+}, {crop+} and {trade+} from {town+}, and {group+} will pour tea.",
                "Cooks can bring {vegetable+} or {herb+} to {event+}, where {last+} turns them into {dish+} for {12-60} guests.",
                "{group+} will play {town+} at {place+} on {weekday+}, with {number+} regulars injured after {event+}.",
                "The film club in the {building+} begins its {month+} season with a comedy about {trade+}, chosen by {first+} {last+}.",
            ),
        ),
        Section(
            2,
            (
                "<Please note|Remember|Bear in mind> that {reason+} will keep the {building+} shut on {weekday+}, so parcels wait at {place+}.",
                "Bins with {colour+} lids are emptied on {weekday+} in the streets between {place+} and the {building+}.",
                "The late bus to {town+} leaves {place+} {number+} minutes earlier than in {month+}.",
                "Lost near {place+}: a {colour+} scarf and {number+} keys, which {first+} {last+} keeps at the {building+}.",
                "Parking by {place+} is free for {event+}, but {group+} asks visitors to come on foot or by bicycle from {town+}.",
                "Water will be off around {place+} for {number+} hours on {weekday+}, to make way for {project+}.",
            ),
        ),
        Section(
            1,
            (
                "Next week brings {event+}, {event+} and, if {weather+} stays away, the first {crop+} of {month+}.",
                "{first+} {last+} collects notices for the coming issue at the {building+} until {weekday+} at {number+}.",
                "Readers voted {event+} the highlight of {month+}, ahead of {event+}, with {51-480} votes.",
            ),
        ),
    ),
)

RIVER = Genre(
    name="river",
    kind="encyclopedia",
    topic="places",
    language="en",
    words=WORDS,
    subject="river",
    titles=("River {river}", "The {river}", "{river} (river)"),
    sections=(
        Section(
            2,
            (
                "The {river} is a river of {18-190} kilometres that rises in {habitat} above {town} and ends in the sea near {town+}.",
                "With a basin of {90-990} square kilometres, the {river} drains a country of {habitat}, of {crop} and of {stone}.",
                "Its source, a spring under some {tree} roots at {210-890} metres, freezes only in the hardest {month}.",
                "The name is first written down in 1{100-490} and <probably|perhaps|apparently> comes from an old word for {tree} or for {colour} water.",
                "Between {town} and {town+} the {river} drops {number} metres over ledges of {stone}, the steepest stretch of its course.",
            ),
        ),
        Section(
            3,
            (
                "From there it turns {wind}, collects {number+} brooks out of {habitat+}, and passes the {building+} of {town+}.",
                "A gorge of {stone+}, {number+} hundred metres long and {12-90} deep, separates {town+} from {town+}.",
                "Below {town+} the valley widens, {crop+} and {crop+} take the place of {habitat+}, and the current slows to a walk.",
                "The mean flow at {town+} is {2-60} cubic metres a second, with a record of {110-690} in {month+} 19{12-99}.",
                "Its longest tributary, the {river+}, brings {colour+} water from {habitat+} and joins it at {town+}.",
                "Boats can go up as far as {town+}, {5-70} kilometres from the mouth, where a weir of {stone+} once fed {number+} mills.",
                "In {month+} melting snow often floods {place+} at {town+}, and in {month+} parts of the bed lie dry.",
                "Near {town+} the stream splits into {number+} arms around islands of {tree+} and {tree+}.",
            ),
        ),
        Section(
            2,
            (
                "{fish+} and {fish+} spawn over gravel near {town+}, and {enemy+} hunt along the {tree+} banks.",
                "The {animal+} returned in 20{10-23} after {number+} decades, helped by cleaner water from {town+} and a ban on {trade+} waste.",
                "Anglers value it for {fish+}, which reach {number+} pounds in the pools under the {building+} of {town+}.",
                "Botanists count {110-590} plants in the {habitat+} beside it, many of them rare elsewhere in the {wind+}.",
                "Water plants smothered the stretch by {town+} in the 19{60-99} drought, and {fish+} vanished for {number+} years.",
            ),
        ),
        Section(
            2,
            (
                "For centuries it carried {trade+}, {trade+} and {stone+} to the wharves of {town+}, until the railway took over in 18{35-89}.",
                "The bridge at {town+}, {number+} arches of {stone+}, was finished in 1{500-890} and survived the flood of {month+} 19{10-68}.",
                "A power station at {town+}, opened by {first+} {last+} in 19{11-79}, supplies {2-40} thousand homes.",
                "Dyers and makers of {trade+} settled at {town+} because the soft water suited {colour+} cloth.",
                "A path of {24-160} kilometres follows the bank, and {group+} of {town+} built its {number+} stiles.",
                "The poet {first+} {last+} compared it with {trade+} and with {weather+} in a ballad of 18{10-95} that schools in {town+} still teach.",
            ),
        ),
    ),
)

SPECIES = Genre(
    name="species",
    kind="encyclopedia",
    topic="nature",
    language="en",
    words=WORDS,
    subject="animal",
    titles=("{animal}", "The {animal}", "{animal}: field notes"),
    sections=(
        Section(
            2,
            (
                "The {animal} is a small inhabitant of {habitat}, rarely more than {6-38} centimetres long and easily told by its {colour} {part}.",
                "Few people have seen the {animal}, although {habitat} within {number} kilometres of {town} may shelter {60-900} of them.",
                "First described from {town} by {first} {last} in 18{10-99}, the {animal} was long <confused with|taken for> the {animal+}.",
                "A {colour} {part}, {colour+} {part+} and a faint smell of {herb} make the {animal} unlike its neighbours in {habitat}.",
                "Naturalists call the {animal} a child of {weather}, because it leaves its shelter only when {weather+} drives {food} into the open.",
            ),
        ),
        Section(
            3,
            (
                "Adults weigh {4-95} grams, the females a little more, and moult their {colour+} coat in {month+}.",
                "It feeds on {food+} and {food+}, in hard winters also on {food+}, which it stores under {tree+} roots.",
                "The call, {number+} dry notes followed by a whistle, carries over {habitat+} on calm {month+} evenings.",
                "Its range reaches from {town+} to the {river+}, with an outpost among {habitat+} near {town+}.",
                "Young animals show {colour+} spots on the {part+}, which fade after {number+} weeks.",
                "By day it sleeps in a chamber of {tree+} leaves, {12-70} centimetres below ground and open towards the {wind+}.",
                "On the {part+} sits a row of {number+} {colour+} scales or bristles whose purpose {first+} {last+} explained in 19{20-98}.",
                "Ringed individuals moved {3-44} kilometres within {number+} days, mostly along {habitat+}.",
            ),
        ),
        Section(
            2,
            (
                "Courtship begins in {month+}; the male offers {food+}, shows his {part+}, and circles up to {number+} times.",
                "The {2-9} young appear in {month+} and leave the nest of {tree+} bark after {15-45} days.",
                "Pairs stay together for {number+} seasons and defend a plot of {habitat+} about as large as {place+}.",
                "Only one brood in {number+} succeeds, since {enemy+} and {weather+} take the rest.",
                "A nest found at {town+} in {month+} 20{10-23} held {2-7} {colour+} eggs or young, {food+}, and a ribbon from {event+}.",
            ),
        ),
        Section(
            2,
            (
                "The greatest dangers are {enemy+}, drained {habitat+}, and mowing before {month+}.",
                "Counts by {group+} fell from {400-990} in 19{70-99} to {30-390} last year, but {project+} may help.",
                "Since {first+} {last+} fenced the {habitat+} at {town+}, numbers there have grown by {number+} per cent.",
                "Gardeners can help with {tree+} hedges, a heap of {stone+} and a corner left to {weather+}.",
                "In the folklore of {town+} a {colour+} one seen on {weekday+} promises {weather+} and a good price for {crop+}.",
                "The museum at {town+} keeps {number+} skins, collected by {first+} {last+} for the {trade+} guild.",
            ),
        ),
        Section(
            3,
            (
                "| Length | {6-38} centimetres |",
                "| Weight | {4-95} grams |",
                "| Season | {month+} to {month+} |",
                "| Food | {food+} |",
                "| Habitat | {habitat+} |",
                "| Lifespan | {number+} years |",
            ),
            joint="\n",
            frame="| Feature | Value |\n|---|---|\n%s",
        ),
    ),
)

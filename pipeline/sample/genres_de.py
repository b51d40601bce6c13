"""German pages: local news and recipes."""

from pipeline.sample.prose import Genre, Section, table

_TOWN_START = table(
    "Ahorn, Birken, Brunn, Eichen, Erlen, Falken, Grün, Hohen, Klein, Linden, Mühl, Ober, Rosen, Schön, Unter, Wild, Weiden, Hirsch, Königs"
)
_TOWN_END = table(
    "au, bach, berg, bronn, brück, dorf, feld, hain, heim, hofen, stein, tal, weiler, wörth"
)

WORDS = {
    "ort": tuple(a + b for a in _TOWN_START for b in _TOWN_END),
    "vorname": table(
        "Anneliese, Bernd, Cornelia, Dieter, Elif, Friedrich, Gudrun, Holger, Ingrid, Jürgen, Karin, Lukas, Margarete, Norbert, Özlem, Paul, Renate, Sabine, Theo, Ursula"
    ),
    "name": table(
        "Albers, Böhm, Claussen, Dreyer, Ebert, Fährmann, Gröning, Hölzl, Iversen, Jäger, Kühn, Lindner, Möller, Naumann, Opitz, Pröll, Reuter, Schäfer, Thoma, Weiß"
    ),
    "monat": table(
        "Januar, Februar, März, April, Mai, Juni, Juli, August, September, Oktober, November, Dezember"
    ),
    "tag": table("Montag, Dienstag, Mittwoch, Donnerstag, Freitag, Samstag, Sonntag"),
    "zahl": table(
        "drei, vier, fünf, sechs, sieben, acht, neun, zehn, elf, zwölf, fünfzehn, zwanzig, dreißig, vierzig"
    ),
    "vorhaben": table(
        "den Umbau der Turnhalle, einen Radweg an der Umgehungsstraße, neue Fenster für die Kita, die Sanierung des Rathauses, eine zweite Brücke für Fußgänger, den Kauf der alten Molkerei, ein Dach über dem Busbahnhof, mehr Bäume auf dem Markt, den Ausbau der Bücherei, einen Spielplatz am Bahndamm, Wärmepumpen im Schulzentrum, die Öffnung des Mühlgrabens, einen Jugendraum im Bahnhof, Lampen am Uferweg, eine Küche im Bürgerhaus, die Rettung der Streuobstwiese"
    ),
    "grund": table(
        "wegen der gestiegenen Baukosten, nach zwei nassen Wintern, wegen fehlender Handwerker, nach einem Rohrbruch im Keller, nach dem Rücktritt des Bauamtsleiters, wegen brütender Mauersegler, nach heftigen Diskussionen, wegen eines Schreibfehlers im Vertrag, wegen sinkender Fahrgastzahlen, nach dem Rückzug der Papierfabrik, wegen einer Klage der Anlieger, wegen der Hitze im Sommer"
    ),
    "verein": table(
        "der Radfahrverein, der Heimatverein, der Gesangverein, der Elternbeirat, der Ruderclub, der Gewerbeverein, der Imkerverein, der Schachclub, der Gartenbauverein, der Wanderverein, der Seniorenrat, der Angelverein"
    ),
    "fest": table(
        "das Lichterfest, der Büchermarkt, die Pflanzenbörse, der Seifenkistenlauf, das Drachenfest, die Kürbisschau, der Nachtflohmarkt, das Chorkonzert, die Lesenacht, der Kräutertag, das Entenrennen, die Museumsnacht"
    ),
    "platz": table(
        "am Lindenplatz, in der Stadthalle, am alten Hafen, vor der Marienkirche, im Bürgerhaus, auf der Festwiese, in der Zehntscheune, am Wasserturm, im Stadtpark, in der Aula, hinter dem Feuerwehrhaus, auf dem Schulhof"
    ),
    "wetter": table(
        "Nieselregen, Bodenfrost, Sonne, Nebel, Hagel, Gewitter, Schneeregen, kräftiger Wind, Dunst, Dauerregen"
    ),
    "gemüse": table(
        "Lauch, Fenchel, Kürbis, Spinat, Sellerie, Mangold, Wirsing, Blumenkohl, Rosenkohl, Rettich, Spargel, Grünkohl"
    ),
    "beilage": table(
        "Salzkartoffeln, Bauernbrot, Spätzle, Reis, Semmelknödel, Bulgur, Kartoffelbrei, Bandnudeln, Feldsalat, Graupen"
    ),
    "fleisch": table(
        "Rinderhack, Räucherfisch, Hühnerbrust, Ziegenkäse, Tofu, Speck, Lammfleisch, Kassler, Seelachs, Putenfleisch"
    ),
    "kraut": table(
        "Petersilie, Dill, Majoran, Schnittlauch, Thymian, Liebstöckel, Salbei, Kerbel, Estragon, Bohnenkraut"
    ),
    "gewürz": table(
        "Muskat, Kümmel, Paprika, Pfeffer, Piment, Senf, Wacholder, Kurkuma, Koriander, Zimt"
    ),
    "fett": table("Butter, Rapsöl, Olivenöl, Butterschmalz, Sonnenblumenöl, Walnussöl"),
    "gericht": table("Suppe, Pfanne, Quiche, Lasagne, Torte, Frikassee, Eintopf, Auflauf"),
}

NEWS = Genre(
    name="meldung",
    kind="news",
    topic="society",
    language="de",
    words=WORDS,
    subject="ort",
    titles=(
        "{ort} streitet über {vorhaben}",
        "{ort} plant {vorhaben}",
        "Was {ort} im {monat} bewegt",
        "{vorname} {name} wirbt in {ort} für {vorhaben}",
    ),
    sections=(
        Section(
            2,
            (
                "Der Gemeinderat von {ort} hat am {tag} mit {9-19} zu {2-8} Stimmen <beschlossen|entschieden>, {20-980} 000 Euro für {vorhaben} auszugeben.",
                "Nach {zahl} Jahren Streit bekommt {ort} {vorhaben}, <bestätigte|erklärte|verkündete> Bürgermeisterin {name} am {tag} {platz}.",
                "In {ort} ruht die Arbeit {grund} seit {zahl} Wochen, und {verein} fordert nun {vorhaben}.",
                "Rund {60-900} Menschen kamen am {tag} {platz} von {ort} zusammen, um über {vorhaben} zu reden.",
                "{vorname} {name} hat der Gemeinde in {ort} {300-9800} Euro geschenkt, gedacht für {vorhaben}.",
            ),
        ),
        Section(
            3,
            (
                "Den ersten Entwurf legte {verein+} schon im {monat+} 20{10-22} vor, doch {grund+} blieb er in der Schublade.",
                "Die Firma {name+} aus {ort+} soll im {monat+} beginnen und rechnet mit {zahl+} Wochen, falls {wetter+} sie nicht aufhält.",
                "Von {40-800} Zuschriften lehnten {11-39} den Plan ab, die meisten anderen wünschten sich außerdem {vorhaben+}.",
                "Der Kreis übernimmt {20-75} Prozent, {verein+} gibt {zahl+} tausend Euro, und der Rest wird {grund+} aus Rücklagen bezahlt.",
                "Gutachter entdeckten {zahl+} Risse im Mauerwerk, den tiefsten {platz+}, und rieten {grund+} zur Eile.",
                "Bis dahin halten die Busse nach {ort+} {platz+}, und am {tag+} ist mit {zahl+} Minuten Verspätung zu rechnen.",
                "Das benachbarte {ort+} hatte sich 20{11-21} für {vorhaben+} entschieden und {15-95} 000 Euro gespart.",
                "Die Pläne hängen bis zum {3-28}. {monat+} {platz+} aus, Einwände nimmt {vorname+} {name+} entgegen.",
            ),
        ),
        Section(
            2,
            (
                "„Ich habe dreimal nachgerechnet“, sagte {vorname+} {name+}, {31-79}, am {tag+}, „und {grund+} wird es trotzdem knapp.“",
                "{vorname+} {name+} vom Café {platz+} fürchtet {grund+} einen ruhigen {monat+} und weniger Gäste aus {ort+}.",
                "Für {name+}, die {zahl+} Jahre {platz+} unterrichtet hat, kommt der Beschluss {grund+} zu spät.",
                "{vorname+} {name+} aus der Kämmerei warnte, man müsse für {vorhaben+} am Ende {4-19} Prozent mehr bezahlen.",
                "„Das schafft {verein+} auch noch“, meinte {vorname+} {name+} und lud für {tag+} {platz+} zum Helfen ein.",
            ),
        ),
        Section(
            2,
            (
                "Die nächste Sitzung beginnt am {2-28}. {monat+} um {zahl+} Uhr {platz+}.",
                "Am selben Abend vergab der Rat {vorhaben+} an einen Betrieb aus {ort+}, {zahl+} enthielten sich.",
                "Im {monat+} folgt {platz+} noch {fest+}, veranstaltet von Familie {name+} aus {ort+}.",
                "Für {tag+} ist {wetter+} vorhergesagt, {fest+} soll {platz+} aber auf jeden Fall stattfinden.",
                "{fest+} zog im vergangenen Jahr {110-990} Gäste aus {ort+} und {ort+} an.",
            ),
        ),
    ),
)

RECIPE = Genre(
    name="rezept",
    kind="recipe",
    topic="cooking",
    language="de",
    words=WORDS,
    subject="ort",
    titles=(
        "{gericht} mit {gemüse} und {fleisch} aus {ort}",
        "{gemüse} mit {fleisch} nach {vorname} {name}",
        "{gericht} aus {ort} mit {kraut}",
    ),
    sections=(
        Section(
            2,
            (
                "In {ort} kommt {gemüse} im {monat} fast jeden {tag} auf den Tisch, am liebsten mit {fleisch} und viel {kraut}.",
                "Das Rezept stammt von {vorname} {name} und wurde {zahl} Jahre lang {platz} nachgekocht.",
                "Nach {25-95} Minuten steht das Essen auf dem Tisch und macht {zahl} Leute satt, die hungrig hereinkommen.",
                "Ohne {gewürz} schmeckt {gemüse} schnell fade, deshalb nimmt man in {ort+} gern zwei Prisen mehr.",
                "Zum ersten Mal habe ich es {platz} gegessen, als {verein} gefeiert hat, mit {beilage} und reichlich {gewürz}.",
            ),
        ),
        Section(
            4,
            (
                "- {200-950} Gramm {gemüse}",
                "- {150-700} Gramm {fleisch}",
                "- {2-6} Esslöffel {fett}",
                "- ein <kleiner|großer> Bund {kraut}",
                "- {1-3} Teelöffel {gewürz}",
                "- {150-900} Milliliter <Brühe|Milch|Apfelsaft|Sahne>",
            ),
            joint="\n",
            frame="## <Zutaten|Was man braucht|Einkaufszettel>\n\n%s",
        ),
        Section(
            4,
            (
                "Zuerst {fett} in einem breiten Topf erhitzen und {gemüse} darin {4-18} Minuten <dünsten|rösten|schmoren>.",
                "{fleisch} klein schneiden, mit {gewürz} und Salz einreiben und {zahl+} Minuten ruhen lassen.",
                "Mit <Brühe|Milch|Wasser|Apfelsaft> ablöschen, {fleisch} zugeben und bei kleiner Hitze {12-55} Minuten <garen|köcheln lassen>.",
                "Inzwischen {kraut} hacken, {beilage} vorbereiten und die Teller wärmen.",
                "Alles mit {gewürz+} abschmecken, {kraut+} unterheben und den Deckel noch {zahl+} Minuten geschlossen halten.",
                "Wer mag, überbackt das Ganze mit {fett+} und Bröseln bei {170-220} Grad, bis es duftet.",
                "Ein Drittel vom {gemüse} zerdrücken, damit die Soße ohne Mehl bindet, und {gemüse+} fein gerieben zugeben.",
            ),
            frame="## <Zubereitung|So geht es|Schritt für Schritt>\n\n%s",
        ),
        Section(
            3,
            (
                "Dazu passt {beilage}, im {monat+} auch {beilage+} mit etwas {kraut+}.",
                "Reste halten im Kühlschrank <zwei|drei> Tage und schmecken mit {gewürz+} und {beilage+} fast noch besser.",
                "Statt {fleisch} geht {fleisch+}, dann verlängert sich die Zeit um {5-20} Minuten.",
                "Kinder mögen es {platz+} lieber mit {gemüse+} und ohne {gewürz}, hat {vorname+} {name+} beobachtet.",
                "Im {monat+} gibt es selten frische Ware, dann kaufe ich {gemüse+} bei Familie {name+} in {ort+}.",
            ),
        ),
    ),
)

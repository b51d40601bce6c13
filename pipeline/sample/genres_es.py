"""Spanish pages: local news and recipes."""

from pipeline.sample.prose import Genre, Section, table

_TOWN_START = table(
    "Agua, Campo, Castro, Fuente, Monte, Navas, Olmo, Peña, Piedra, Puente, Robledo, Torre, Valde, Villa"
)
_TOWN_END = table(
    "alba, blanca, clara, fría, honda, llana, mayor, nieve, noria, parra, quemada, rubia, seca, viña"
)

WORDS = {
    "pueblo": tuple(a + b for a in _TOWN_START for b in _TOWN_END),
    "nombre": table(
        "Adrián, Begoña, César, Débora, Elías, Fátima, Gaspar, Inés, Joaquín, Lucía, Martín, Nuria, Óscar, Pilar, Ramón, Sofía, Tomás, Úrsula, Víctor, Yolanda"
    ),
    "apellido": table(
        "Aguado, Bermúdez, Cañas, Domínguez, Escudero, Fariñas, Gálvez, Hidalgo, Ibáñez, Jurado, Lorente, Marín, Núñez, Ortuño, Peñalver, Quiñones, Redondo, Sánchez, Tejero, Zúñiga"
    ),
    "mes": table(
        "enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre"
    ),
    "día": table("lunes, martes, miércoles, jueves, viernes, sábado, domingo"),
    "número": table(
        "tres, cuatro, cinco, seis, siete, ocho, nueve, diez, doce, quince, veinte, treinta, cuarenta"
    ),
    "obra": table(
        "la reforma del polideportivo, un carril bici junto al río, la nueva biblioteca, el tejado del mercado, una segunda pasarela, el huerto de la escuela, la compra del viejo cine, el ascensor del ayuntamiento, un parque en la antigua fábrica, la limpieza de la acequia, el albergue de peregrinos, las farolas del paseo, una guardería pública, el taller del teatro, la sala de ensayo de la banda"
    ),
    "causa": table(
        "por el precio del acero, tras dos inviernos lluviosos, por falta de albañiles, por un error en el contrato, por una fuga en el sótano, tras la marcha del arquitecto, tras una larga recogida de firmas, por el cierre de la papelera, por la bajada de viajeros, tras el informe de los técnicos, por el calor del verano, por los nidos de cigüeña"
    ),
    "grupo": table(
        "el club ciclista, la peña ajedrecista, el coro municipal, la asociación de madres y padres, el gremio de comerciantes, la sociedad de historia, el club de remo, la cooperativa de regantes, el consejo de jóvenes, la banda de música"
    ),
    "fiesta": table(
        "la feria del libro, la noche de los faroles, la fiesta de la vendimia, la carrera de balsas, el mercado de plantas, el concurso de paellas, la jornada de cometas, el rastro nocturno, el ciclo de cine mudo, la romería de primavera"
    ),
    "lugar": table(
        "en la plaza Mayor, en la casa de cultura, junto al canal, frente a la estación, en el antiguo molino, bajo los soportales, en el patio del instituto, en el jardín botánico, detrás de la iglesia, en la alameda"
    ),
    "tiempo": table(
        "la llovizna, la helada, el sol, la niebla, el granizo, el viento del norte, la tormenta, la lluvia"
    ),
    "verdura": table(
        "puerros, calabacines, nabos, champiñones, pimientos, espárragos, guisantes, tomates, rábanos, cardos, repollos, ajetes"
    ),
    "proteína": table(
        "garbanzos, filetes de caballa, muslos de pollo, mejillones, dados de tofu, trozos de cordero, taquitos de jamón, huevos duros, lomos de merluza, altramuces"
    ),
    "hierba": table(
        "perejil, tomillo, romero, cilantro, hinojo, laurel, orégano, eneldo, estragón"
    ),
    "especia": table(
        "comino, pimentón, azafrán, canela, jengibre, pimienta, cúrcuma, clavo, mostaza"
    ),
    "grasa": table("aceite de oliva, manteca, vino blanco, zumo de limón, caldo, vinagre de Jerez"),
    "guarnición": table(
        "arroz integral, pan de centeno, patatas cocidas, ensalada verde, cuscús, polenta, fideos, puré de apio"
    ),
    "plato": table("Guiso, Sopa, Tortilla, Ensalada, Empanada, Salteado, Potaje, Cazuela"),
}

NEWS = Genre(
    name="breve",
    kind="news",
    topic="society",
    language="es",
    words=WORDS,
    subject="pueblo",
    titles=(
        "{pueblo} discute {obra}",
        "{pueblo} prepara {obra}",
        "{nombre} {apellido} pide {obra} para {pueblo}",
        "Lo que cambia en {pueblo} en {mes}",
    ),
    sections=(
        Section(
            2,
            (
                "El pleno de {pueblo} aprobó el {día} por {9-19} votos contra {2-8} gastar {20-980} 000 euros en {obra}.",
                "Después de {número} años de debate, {pueblo} <tendrá por fin|recupera|prepara ya> {obra}, <anunció|confirmó|explicó> el {día} {grupo}.",
                "En {pueblo} las máquinas están paradas desde hace {número} semanas {causa}, y {grupo} reclama ahora {obra}.",
                "Cerca de {60-900} vecinos se reunieron el {día} {lugar} de {pueblo} para hablar sobre {obra}.",
                "{nombre} {apellido} entregó el {día} {lugar} un cheque de {300-9800} euros, que {pueblo} reserva para {obra}.",
            ),
        ),
        Section(
            3,
            (
                "El primer dibujo lo hizo {nombre+} {apellido+} en {mes+} de 20{10-22}, pero quedó en un cajón {causa+}.",
                "Una empresa de {pueblo+} empezará en {mes+} y calcula {número+} semanas, si {tiempo+} no lo impide.",
                "De las {40-800} cartas recibidas, {11-39} rechazan el plan; las demás piden además {obra+}.",
                "La provincia paga el {20-75} por ciento, {grupo+} promete {número+} mil euros, y lo demás llegará más tarde {causa+}.",
                "Los peritos hallaron {número+} grietas, la más honda {lugar+}, y recomiendan actuar antes de {mes+}.",
                "Mientras tanto, los autobuses de {pueblo+} saldrán {lugar+}, con {número+} minutos de retraso cada {día+}.",
                "El vecino {pueblo+} eligió {obra+} en 20{11-21} y gastó solo {15-95} 000 euros.",
                "Los planos se pueden ver {lugar+} hasta el {3-28} de {mes+}; {nombre+} {apellido+} recoge las quejas.",
            ),
        ),
        Section(
            2,
            (
                "«He hecho las cuentas tres veces», dijo {nombre+} {apellido+}, de {31-79} años, «y {causa+} llegaremos justos a {mes+}».",
                "{nombre+} {apellido+}, que tiene un bar {lugar+}, teme {causa+} que vengan menos clientes de {pueblo+}.",
                "Para {nombre+} {apellido+}, que da clase {lugar+} desde hace {número+} años, la decisión llega {causa+} demasiado tarde.",
                "El interventor, {nombre+} {apellido+}, avisó de que {obra+} costará un {4-19} por ciento más.",
                "«Con {grupo+} lo lograremos», aseguró {nombre+} {apellido+}, que espera voluntarios el {día+} {lugar+}.",
            ),
        ),
        Section(
            2,
            (
                "La próxima reunión será el {2-28} de {mes+} a las {número+} {lugar+}.",
                "Esa misma tarde se encargó {obra+} a un taller de {pueblo+}, con {número+} abstenciones.",
                "En {mes+} se celebrará {fiesta+} {lugar+}, a cargo de {nombre+} {apellido+}, de {pueblo+}.",
                "Para el {día+} se espera {tiempo+}, pero {fiesta+} se mantiene {lugar+}.",
                "El año pasado {fiesta+} atrajo a {110-990} visitantes de {pueblo+} y de {pueblo+}.",
            ),
        ),
    ),
)

RECIPE = Genre(
    name="receta",
    kind="recipe",
    topic="cooking",
    language="es",
    words=WORDS,
    subject="pueblo",
    titles=(
        "{plato} de {verdura} de {pueblo}",
        "{plato} de {verdura} con {proteína}, receta de {pueblo}",
        "{plato} de {nombre} {apellido} con {proteína}",
    ),
    sections=(
        Section(
            2,
            (
                "En {pueblo} se cocina este plato cada {día} de {mes}, cuando los {verdura} están casi regalados.",
                "La receta es de {nombre} {apellido}, que la sirvió {lugar} durante {número} años sin pesar nada.",
                "Hacen falta {25-95} minutos y una cazuela ancha para dar de comer a {número} personas.",
                "El secreto es una pizca de {especia}, que despierta los {proteína} y suaviza los {verdura}.",
                "Lo probé por primera vez {lugar}, durante {fiesta}, con {guarnición} y bastante {especia}.",
            ),
        ),
        Section(
            4,
            (
                "- {200-950} gramos de {verdura}",
                "- {150-700} gramos de {proteína}",
                "- {2-6} cucharadas de {grasa}",
                "- un manojo <pequeño|grande> de {hierba}",
                "- {1-3} pizcas de {especia}",
                "- {15-90} centilitros de <leche|sidra|nata|agua>",
            ),
            joint="\n",
            frame="## <Ingredientes|Qué hace falta|Lista de la compra>\n\n%s",
        ),
        Section(
            4,
            (
                "Calienta la cazuela con {grasa} y <sofríe|dora|rehoga> los {verdura} durante {4-18} minutos.",
                "Sazona los {proteína} con sal y {especia}, y déjalos reposar {número+} minutos.",
                "Añade <la leche|la sidra|la nata|el agua> y los {proteína}, y cuece a fuego <lento|medio> {12-55} minutos.",
                "Mientras tanto pica {hierba}, prepara {guarnición} y calienta {número+} platos.",
                "Prueba, corrige con {especia+} y unas gotas de {grasa+}, y esparce {hierba+} por encima.",
                "Pásalo a una fuente, cúbrelo con pan rallado y {grasa+}, y gratina a {170-220} grados.",
                "Aplasta un tercio de los {verdura} con el tenedor y mezcla unos {verdura+} rallados para espesar.",
            ),
            frame="## <Preparación|Cómo se hace|Paso a paso>\n\n%s",
        ),
        Section(
            3,
            (
                "Sírvelo con {guarnición} o, en {mes+}, con {guarnición+} y un poco de {hierba+}.",
                "Las sobras aguantan <dos|tres> días y mejoran con {guarnición+} y una pizca de {especia+}.",
                "En lugar de {proteína} valen {proteína+}, con {5-20} minutos más de fuego.",
                "Los niños prefieren {verdura+} y menos {especia}, cuenta {nombre+} {apellido+} desde {pueblo+}.",
                "En {mes+} escasean los {verdura}, así que compro {verdura+} {lugar+}, en el puesto de {nombre+} {apellido+}.",
            ),
        ),
    ),
)

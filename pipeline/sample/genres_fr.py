"""French pages: local news and recipes."""

from pipeline.sample.prose import Genre, Section, table

_TOWN_START = table(
    "Beau, Chante, Fontaine, Grand, Mont, Pierre, Roche, Saint-Bre, Saint-Cla, Saint-Mar, Sauve, Val, Ville, Rive, Haute"
)
_TOWN_END = table(
    "bois, bourg, champ, clair, court, fort, lac, lieu, merle, neuve, pré, rolles, sange, tour, vigne"
)

WORDS = {
    "ville": tuple(a + b for a in _TOWN_START for b in _TOWN_END),
    "prénom": table(
        "Baptiste, Camille, Delphine, Fatou, Gaël, Hélène, Joël, Karim, Léonie, Maëlle, Noémie, Pascal, Quentin, Raphaël, Solène, Théo, Valérie, Yannick, Zoé, Bérénice"
    ),
    "nom": table(
        "Barbier, Chevallier, Delmas, Faivre, Gérard, Joubert, Lefèvre, Marchand, Noël, Péron, Quéré, Rivière, Sénéchal, Tessier, Vasseur, Boyer, Carpentier, Diallo, Morvan, Tanguy"
    ),
    "mois": table("janvier, février, mars, mai, juin, juillet, septembre, novembre, décembre"),
    "jour": table("lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche"),
    "nombre": table(
        "trois, quatre, cinq, six, sept, huit, neuf, dix, douze, quinze, vingt, trente, quarante"
    ),
    "projet": table(
        "la rénovation du gymnase, la piste cyclable du canal, la réouverture du cinéma, la passerelle sur la rivière, la nouvelle bibliothèque, la toiture du marché couvert, la plantation de cent tilleuls, la cuisine de la cantine, la salle de musique, la maison de santé, la gare routière, la place du marché, la crèche du quartier nord, la digue contre les crues, la chaufferie au bois"
    ),
    "raison": table(
        "à cause du prix de l'acier, après deux hivers pluvieux, faute de maçons, à cause d'une erreur dans le contrat, à cause d'une fuite dans la cave, après le départ de l'architecte, après une longue pétition, à cause de la fermeture de la papeterie, faute de voyageurs, après l'avis des ingénieurs, à cause de la chaleur de l'été, à cause de nids d'hirondelles"
    ),
    "groupe": table(
        "le club de cyclisme, le comité des fêtes, le chœur municipal, le conseil des jeunes, le syndicat des commerçants, le cercle d'histoire, le club d'aviron, le collectif des parents, le club de pétanque, le groupe des jardiniers"
    ),
    "fête": table(
        "la foire aux livres, la nuit des lanternes, la fête du cidre, la course des radeaux, la bourse aux plantes, la veillée de contes, la fête des cerfs-volants, la brocante de nuit, la journée des herboristes, la pesée des potirons"
    ),
    "lieu": table(
        "sur la place des Tilleuls, dans la salle des fêtes, au bord du canal, devant la mairie, dans la grange aux dîmes, sous la halle, au jardin public, près du vieux moulin, derrière la gare, dans la cour du collège"
    ),
    "temps": table(
        "la bruine, la gelée, le soleil, le brouillard, la grêle, le vent du nord, la neige fondue, la pluie"
    ),
    "légume": table(
        "poireaux, panais, navets, courgettes, champignons, carottes, poivrons, fenouils, choux, haricots verts, betteraves, topinambours"
    ),
    "viande": table(
        "lardons, filets de maquereau, pois chiches, blancs de poulet, haricots blancs, moules, cubes de tofu, morceaux de porc, lentilles vertes, tranches de jambon"
    ),
    "herbe": table(
        "persil, thym, cerfeuil, romarin, basilic, laurier, fenouil sauvage, cresson, céleri"
    ),
    "épice": table(
        "muscade, poivre, cumin, paprika, curcuma, gingembre, moutarde, cannelle, piment doux"
    ),
    "gras": table(
        "beurre, saindoux, lait de coco, jus de citron, fromage blanc, vinaigre de cidre"
    ),
    "accompagnement": table(
        "du riz complet, du pain de seigle, des pommes vapeur, de la polenta, une salade verte, des pâtes fraîches, du boulgour, une purée de céleri"
    ),
    "plat": table("Gratin, Potage, Tarte, Ragoût, Sauté, Salade, Cocotte, Galette"),
}

NEWS = Genre(
    name="breve",
    kind="news",
    topic="society",
    language="fr",
    words=WORDS,
    subject="ville",
    titles=(
        "{ville} débat de {projet}",
        "{ville} prépare {projet}",
        "{prénom} {nom} défend {projet} à {ville}",
        "Ce qui change à {ville} en {mois}",
    ),
    sections=(
        Section(
            2,
            (
                "Le conseil municipal de {ville} a voté {jour} par {9-19} voix contre {2-8} une dépense de {20-980} 000 euros pour {projet}.",
                "Après {nombre} ans de discussions, {ville} <obtient enfin|prépare enfin|retrouve> {projet}, a <annoncé|confirmé|expliqué> {jour} {groupe}.",
                "À {ville}, le chantier est arrêté depuis {nombre} semaines {raison}, et {groupe} réclame maintenant {projet}.",
                "Près de {60-900} habitants se sont réunis {jour} {lieu} à {ville} pour parler de {projet}.",
                "{prénom} {nom} a remis {jour} {lieu} un chèque de {300-9800} euros, que {ville} réserve pour {projet}.",
            ),
        ),
        Section(
            3,
            (
                "Une première esquisse avait été dessinée en {mois+} 20{10-22} par {prénom+} {nom+}, mais elle a été oubliée {raison+}.",
                "Une entreprise de {ville+} commencera en {mois+} et demande {nombre+} semaines, si {temps+} ne la retarde pas.",
                "Sur {40-800} lettres reçues, {11-39} refusent le projet ; les autres demandent aussi {projet+}.",
                "Le département paie {20-75} pour cent, {groupe+} promet {nombre+} mille euros, et le reste viendra plus tard {raison+}.",
                "Les experts ont trouvé {nombre+} fissures, la plus profonde {lieu+}, et conseillent d'agir avant {mois+}.",
                "D'ici là, les cars de {ville+} partiront {lieu+}, avec {nombre+} minutes de retard le {jour+}.",
                "La commune voisine de {ville+} avait choisi {projet+} en 20{11-21}, pour {15-95} 000 euros seulement.",
                "Les plans sont exposés {lieu+} jusqu'au {3-28} {mois+} ; {prénom+} {nom+} recueille les remarques.",
            ),
        ),
        Section(
            2,
            (
                "« J'ai refait trois fois le calcul », dit {prénom+} {nom+}, {31-79} ans, « et {raison+} nous serons justes en {mois+}. »",
                "{prénom+} {nom+}, qui tient un café {lieu+}, craint {raison+} de voir moins de clients venus de {ville+}.",
                "Pour {prénom+} {nom+}, qui enseigne {lieu+} depuis {nombre+} ans, la décision arrive {raison+} bien tard.",
                "Le trésorier, {prénom+} {nom+}, avertit que {projet+} coûtera {4-19} pour cent de plus que prévu.",
                "« Avec {groupe+}, nous y arriverons », promet {prénom+} {nom+}, qui attend des bénévoles {jour+} {lieu+}.",
            ),
        ),
        Section(
            2,
            (
                "La prochaine réunion aura lieu le {2-28} {mois+} à {nombre+} heures {lieu+}.",
                "Le même soir, {projet+} a été confiée à un artisan de {ville+}, avec {nombre+} abstentions.",
                "En {mois+}, {fête+} se tiendra {lieu+}, organisée par {prénom+} {nom+} de {ville+}.",
                "On annonce {temps+} pour {jour+}, mais {fête+} est maintenue {lieu+}.",
                "L'an dernier, {fête+} avait attiré {110-990} visiteurs de {ville+} et de {ville+}.",
            ),
        ),
    ),
)

RECIPE = Genre(
    name="recette",
    kind="recipe",
    topic="cooking",
    language="fr",
    words=WORDS,
    subject="ville",
    titles=(
        "{plat} de {légume} à la mode de {ville}",
        "{plat} de {ville} : {légume} et {viande}",
        "{plat} aux {légume} de {prénom} {nom}",
    ),
    sections=(
        Section(
            2,
            (
                "À {ville}, on prépare ce plat le {jour} soir en {mois}, quand les {légume} ne coûtent presque rien.",
                "La recette vient de {prénom} {nom}, qui l'a servie {lieu} pendant {nombre} ans sans rien peser.",
                "Il faut {25-95} minutes et une grande cocotte pour nourrir {nombre} personnes affamées.",
                "Le secret, c'est une pointe de {épice}, qui réveille les {viande} et adoucit les {légume}.",
                "Je l'ai goûté pour la première fois {lieu}, pendant {fête}, avec {accompagnement} et beaucoup de {épice}.",
            ),
        ),
        Section(
            4,
            (
                "- {200-950} grammes de {légume}",
                "- {150-700} grammes de {viande}",
                "- {2-6} cuillères de {gras}",
                "- un <petit|gros> bouquet de {herbe}",
                "- {1-3} pincées de {épice}",
                "- {15-90} centilitres de <bouillon|lait|cidre|crème>",
            ),
            joint="\n",
            frame="## <Ingrédients|Ce qu'il faut|Liste de courses>\n\n%s",
        ),
        Section(
            4,
            (
                "Chauffez le {gras} dans une cocotte et faites <revenir|dorer|suer> les {légume} pendant {4-18} minutes.",
                "Frottez les {viande} avec du sel et de la poudre de {épice}, puis laissez reposer {nombre+} minutes.",
                "Mouillez avec <le bouillon|le cidre|le lait|la crème>, ajoutez les {viande} et laissez <mijoter|cuire> {12-55} minutes à couvert.",
                "Pendant ce temps, hachez le {herbe}, préparez {accompagnement} et chauffez {nombre+} assiettes.",
                "Goûtez, corrigez avec un peu de {épice+} et de {gras+}, puis parsemez de {herbe+}.",
                "Versez dans un plat, couvrez de chapelure et de {gras+}, et gratinez à {170-220} degrés.",
                "Écrasez un tiers des {légume} à la fourchette, puis incorporez quelques {légume+} râpés pour lier la sauce.",
            ),
            frame="## <Préparation|Comment faire|Pas à pas>\n\n%s",
        ),
        Section(
            3,
            (
                "Servez avec {accompagnement} ou, en {mois+}, avec {accompagnement+} et du {herbe+}.",
                "Les restes se gardent <deux|trois> jours et deviennent délicieux avec {accompagnement+} et une pincée de {épice+}.",
                "On peut remplacer les {viande} par des {viande+}, en ajoutant {5-20} minutes de cuisson.",
                "Les enfants préfèrent des {légume+} et moins de {épice}, remarque {prénom+} {nom+} de {ville+}.",
                "En {mois+} les {légume} manquent, alors j'achète des {légume+} {lieu+}, chez {prénom+} {nom+}.",
            ),
        ),
    ),
)

"""What language models leave behind in pages: a table of phrases, and how often a page has them.

Pages that write about language models quote them, name them in the third person and show prompts
as code. So a phrase speaks in the first person, is not preceded by a quotation mark, and does not
stand between the fences of code. What remains are pages that show prompts as plain text, talks with
assistants, and fiction. The wording is our own collection, from what chat assistants are known to
say and from the published templates of ChatML, Llama, Gemma and Alpaca.

A page is put in lower case once; a phrase is looked for only in pages with one of its literals, and
a literal only in pages with its rarest character, which costs next to nothing to find out.
"""

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.cleaning import fences
from pipeline.edits import apply
from pipeline.records import Edit

Kind = Literal["identity", "refusal", "cutoff", "prompt", "template"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One kind of remnant in one language.

    Attributes:
        language: Its tag; empty where it is of no language.
        kind: `identity`, the model names itself; `refusal`; `cutoff`, the end of its knowledge;
            `prompt`, what stands around an answer; `template`, markup of turns.
        literals: Lower-case literals, one of which stands in every hit.
        patterns: What is looked for in the lower-case page, apostrophes straight.
    """

    language: str
    kind: Kind
    literals: Sequence[str]
    patterns: Sequence[str]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The patterns as one."""
        return re.compile("|".join(self.patterns), re.MULTILINE)


# What may not stand before a phrase: a letter of its first word (but where words are not spaced), a
# quotation mark, one and a space. A test of its own, for a pattern that begins with a literal is
# found several times as fast.
_START = re.compile(r"(?:(?<!\w)|(?![a-z\u00C0-\u052F]))(?<![\"'“”„«‹「『《*`])(?<![\"“„«] )")
_DATE = r"(?:early |late |mid-)?(?:[^\W\d]{3,12} )?(?:de |del )?20[2-9]\d"
_ASIDE = r"(?: [^,.\n]{1,40})?"


def _phrase(language: str, kind: Kind, literals: Sequence[str], *patterns: str) -> Phrase:
    return Phrase(language, kind, literals, patterns)


PHRASES: Sequence[Phrase] = (
    _phrase(
        "en",
        "identity",
        ("language model", "as an ai", "as an artificial intelligence"),
        r"as an? (?:large |text-based )?(?:ai |artificial intelligence )?language model"
        rf"(?:{_ASIDE}, (?:i|i'm|i've|my|it's|it is (?:important|not))"
        r"| i (?:do|am|have|can|cannot))\b",
        r"as an (?:ai|artificial intelligence)(?: assistant| model| chatbot)?"
        r"(?: (?:created|developed|made|trained) by [^,.\n]{1,40})?, "
        r"i (?:do not|don't|cannot|can't|can not|am not|am unable|have no|lack)\b",
        r"i(?:'m| am) (?:just |only )?an? (?:ai|large|artificial intelligence) language model\b",
    ),
    _phrase(
        "en",
        "refusal",
        ("request", "but i cannot"),
        r"i (?:cannot|can't|can not|am unable to|am not able to|won't be able to) "
        r"(?:fulfill?|comply with|assist (?:you )?with|complete|generate) "
        r"(?:this|that|your|the|such an?) request\b(?! forms?\b)",
        r"(?:sorry|i apologize), but i cannot (?:create|generate|provide|write) (?:an?|the) "
        r"(?:article|blog post)\b",
    ),
    _phrase(
        "en",
        "cutoff",
        ("as of my", "my knowledge", "my training data"),
        r"as of my (?:last |latest )?(?:knowledge|training)(?: data)? (?:update|cut-?off)\b",
        rf"as of my (?:last|latest) (?:update|training),? (?:in|on|from) {_DATE}",
        r"my knowledge cut-?off(?: date)? (?:is|was|of|in)\b",
        r"my (?:knowledge|training data) (?:only )?(?:goes|extends|is current) "
        rf"(?:only )?(?:up )?(?:to|until|through|as of) {_DATE}",
    ),
    _phrase(
        "en",
        "prompt",
        ("regenerate response", "chatgpt said:", "certainly"),
        r"^regenerate response$",
        r"^chatgpt said:$",
        r"^certainly[!,] here(?:'s| is| are) (?:an?|the|your|some|\d\d?) "
        r"(?:[\w-]{1,20} ){0,4}(?:article|blog post|description|draft|essay|introduction|outline"
        r"|paragraph|rewrite|summary|version)s?\b",
    ),
    _phrase(
        "de",
        "identity",
        ("sprachmodell", "als ki", "künstliche intelligenz"),
        rf"als (?:ein )?(?:großes )?(?:ki-|ai-)?(?:basiertes )?sprachmodell{_ASIDE},? "
        r"(?:habe|kann|bin|darf|verfüge|besitze) ich\b",
        r"als ki(?:-modell|-assistent)?,? (?:habe|kann|bin|darf|verfüge|besitze) ich\b",
        r"als künstliche intelligenz (?:habe|kann|bin|darf|verfüge|besitze) ich\b",
    ),
    _phrase(
        "de",
        "refusal",
        ("es tut mir leid, aber ich kann",),
        r"es tut mir leid, aber ich kann (?:dieser|ihrer|deiner) anfrage (?:leider )?nicht "
        r"(?:nachkommen|entsprechen)",
        r"es tut mir leid, aber ich kann (?:diese|ihre|deine) anfrage (?:leider )?nicht "
        r"(?:erfüllen|bearbeiten|beantworten)",
    ),
    _phrase(
        "de",
        "cutoff",
        ("wissens",),
        r"mein(?:e[ms])? (?:letzten? )?wissensstand(?:e?s)? (?:reicht |endet )?"
        rf"(?:bis |von |vom |im |in )(?:zum? )?{_DATE}",
        rf"meiner letzten wissensaktualisierung (?:im |in |vom ){_DATE}",
    ),
    _phrase(
        "fr",
        "identity",
        ("en tant qu",),
        r"en tant que (?:grand )?modèle (?:de langage|linguistique|d'ia)"
        rf"{_ASIDE}, (?:je\b|j'|mes?\b|il m')",
        r"en tant qu'(?:ia|intelligence artificielle|assistant ia), (?:je\b|j')",
    ),
    _phrase(
        "fr",
        "refusal",
        ("je suis désolé",),
        r"je suis désolée?, mais je ne peux pas (?:répondre à|satisfaire|accéder à|donner suite à)"
        r" (?:cette|votre|ta) demande",
    ),
    _phrase(
        "fr",
        "cutoff",
        ("ma dernière mise à jour", "mes connaissances"),
        rf"ma dernière mise à jour(?: de(?: mes|s) connaissances)?,? en {_DATE}",
        r"mes connaissances (?:s'arrêtent|se limitent|sont limitées|sont à jour) "
        rf"(?:à|en|au|jusqu'en|jusqu'à) {_DATE}",
    ),
    _phrase(
        "es",
        "identity",
        ("modelo de lenguaje", " ia, ", "inteligencia artificial, "),
        rf"como (?:un )?(?:gran )?modelo de lenguaje{_ASIDE}, "
        r"(?:yo|mis?|(?:no )?(?:puedo|tengo|poseo|soy|estoy|dispongo|cuento))\b",
        r"como (?:una )?(?:ia|inteligencia artificial), "
        r"(?:yo|no (?:puedo|tengo|poseo|soy|estoy|dispongo|cuento))\b",
    ),
    _phrase(
        "es",
        "refusal",
        ("lo siento, pero no puedo",),
        r"lo siento, pero no puedo (?:cumplir(?: con)?|completar|atender|ayudar(?:te|le)? con"
        r"|responder a) (?:esa|esta|tu|su) (?:solicitud|petición)",
    ),
    _phrase(
        "es",
        "cutoff",
        ("mi última actualización",),
        rf"mi última actualización(?: de(?:l)? conocimientos?)?,? en (?:[^\W\d]{{4,10}} )?{_DATE}",
    ),
    _phrase(
        "pt",
        "identity",
        ("modelo de linguagem", " ia, ", "inteligência artificial, "),
        rf"como (?:um )?(?:grande )?modelo de linguagem{_ASIDE}, "
        r"(?:eu|minhas?|meus?|(?:não )?(?:posso|tenho|possuo|sou|consigo))\b",
        r"como uma (?:ia|inteligência artificial), "
        r"(?:eu|não (?:posso|tenho|possuo|sou|consigo))\b",
    ),
    _phrase(
        "pt",
        "refusal",
        ("não posso",),
        r"(?:desculpe|sinto muito|lamento), mas (?:eu )?não posso (?:atender|cumprir|completar"
        r"|responder) (?:a )?(?:ess[ae]|est[ae]|sua|seu) (?:solicitação|pedido)",
    ),
    _phrase(
        "pt",
        "cutoff",
        ("minha última atualização",),
        rf"minha última atualização(?: de conhecimentos?)?,? em (?:[^\W\d]{{4,10}} )?{_DATE}",
    ),
    _phrase(
        "it",
        "identity",
        ("modello ", "in quanto i"),
        rf"(?:come|in quanto) (?:un )?(?:grande )?modello (?:di linguaggio|linguistico){_ASIDE}, "
        r"(?:io|(?:non )?(?:posso|ho|sono)|il mio|la mia)\b",
        r"in quanto (?:ia|intelligenza artificiale), (?:io|non (?:posso|ho|sono))\b",
    ),
    _phrase(
        "it",
        "refusal",
        ("mi dispiace, ma non posso",),
        r"mi dispiace, ma non posso (?:soddisfare|completare|aiutarti con|rispondere a) "
        r"(?:questa|quella|la tua) richiesta",
    ),
    _phrase(
        "it",
        "cutoff",
        ("mio ultimo aggiornamento",),
        r"mio ultimo aggiornamento(?: delle (?:mie )?conoscenze)?,? (?:a|ad|nel|in|di|del) "
        rf"{_DATE}",
    ),
    _phrase(
        "nl",
        "identity",
        ("taalmodel",),
        rf"als (?:een )?(?:groot )?(?:ai[- ]?)?taalmodel{_ASIDE},? (?:heb|kan|ben|beschik) ik\b",
    ),
    _phrase(
        "nl",
        "refusal",
        ("het spijt me, maar ik kan",),
        r"het spijt me, maar ik kan niet aan (?:dit|dat|uw|je) verzoek voldoen",
        r"het spijt me, maar ik kan (?:dit|dat|uw|je) verzoek niet (?:uitvoeren|inwilligen)",
    ),
    _phrase("nl", "cutoff", ("mijn laatste",), rf"mijn laatste (?:kennis)?update in {_DATE}"),
    _phrase(
        "ru",
        "identity",
        ("языков", "как ии", "ии-модель", "интеллект"),
        rf"как (?:большая )?(?:языковая модель|ии-модель){_ASIDE}, (?:я|у меня|мне|мои|моя)\b",
        rf"будучи (?:большой )?языковой моделью{_ASIDE}, (?:я|у меня|мне|мои|моя)\b",
        r"как (?:ии|искусственный интеллект), (?:я не|у меня нет)\b",
    ),
    _phrase(
        "ru",
        "refusal",
        ("запрос",),
        r"(?:извините|простите|к сожалению), (?:но )?я не могу (?:выполнить|обработать) "
        r"(?:этот|ваш|данный|такой) запрос\b",
        r"(?:извините|простите|к сожалению), (?:но )?я не могу помочь (?:вам )?с "
        r"(?:этим|вашим|данным) запросом\b",
    ),
    _phrase(
        "ru",
        "cutoff",
        ("моего последнего обновления", "мои знания"),
        r"на момент моего последнего обновления",
        r"мои знания (?:ограничены|актуальны|заканчиваются) (?:[^\W\d]{1,12} ){0,3}20[2-9]\d",
    ),
    _phrase(
        "zh",
        "identity",
        ("作为", "作為"),
        r"作[为為](?:一[个個款名种種])?(?:由\w{2,12}(?:开发|開發|训练|訓練)的)?"
        r"(?:(?:ai|人工智能|人工智慧)(?:大?[语語]言模型|助手|助理|模型)?|大?型?[语語]言模型)"
        r"[，,] ?我(?![们們国國])",
    ),
    _phrase(
        "zh",
        "refusal",
        ("抱歉", "对不起", "對不起"),
        r"(?:抱歉|对不起|對不起)[，,](?:但是?)?我(?:无法|無法|不能)(?:满足|滿足|完成|执行|執行|处理"
        r"|處理)(?:您的|你的|这个|這個|该|該|此){1,2}(?:请求|請求|要求)",
    ),
    _phrase(
        "zh",
        "cutoff",
        ("我的知识", "我的知識", "我的训练数据", "截至我", "截止我"),
        r"我的(?:知[识識]|训练数据)[库庫]?的?截[止至]",
        r"截[至止]我的?(?:最后|最後|最近|上)(?:一)?次?(?:知[识識]|训练|訓練)?更新",
    ),
    _phrase(
        "ja",
        "identity",
        ("言語モデル", "アシスタント"),
        r"(?:ai|大規模)の?(?:言語モデル|アシスタント)として、?私",
        r"私は(?:ai|大規模)の?(?:言語モデル|アシスタント)(?:です|なので|である|のため|として)",
    ),
    _phrase(
        "ja",
        "refusal",
        ("リクエスト",),
        r"申し訳(?:ありません|ございません)が、(?:その|この)リクエストには?"
        r"(?:お応え|お答え|対応)(?:する(?:こと)?は?)?(?:でき|いたしかね)",
    ),
    _phrase(
        "ja",
        "cutoff",
        ("私の知識", "私の学習データ", "私のトレーニングデータ"),
        r"私の(?:知識|学習データ|トレーニングデータ)(?:の(?:カットオフ|最終更新)|は、?20[2-9]\d年)",
    ),
    _phrase(
        "ko",
        "identity",
        ("언어 모델", "언어모델"),
        r"(?:ai|인공지능|인공 지능) 언어 ?모델(?:로서|이기 때문에|이므로),? ?(?:저는|제가|저의)",
    ),
    _phrase(
        "pl",
        "identity",
        ("model językowy",),
        rf"jako (?:duży )?model językowy{_ASIDE}, (?:nie )?(?:mam|mogę|jestem|posiadam)\b",
    ),
    _phrase(
        "tr",
        "identity",
        ("modeli olarak",),
        r"bir (?:yapay zek[aâ]|ai)(?: dil)? modeli olarak,? (?:ben|kişisel)",
    ),
    _phrase(
        "id", "identity", ("model bahasa",), rf"sebagai (?:sebuah )?model bahasa{_ASIDE}, saya\b"
    ),
    _phrase(
        "vi",
        "identity",
        ("mô hình ngôn ngữ",),
        rf"với tư cách là một mô hình ngôn ngữ{_ASIDE}, tôi\b",
        r"tôi (?:chỉ )?là một mô hình ngôn ngữ\b",
    ),
    _phrase(
        "",
        "template",
        ("|>",),
        r"<\|(?:im_start|im_end|endoftext|begin_of_text|end_of_text|start_header_id|end_header_id"
        r"|eot_id|user|assistant|system)\|>",
    ),
    _phrase("", "template", ("_of_turn>",), r"<(?:start|end)_of_turn>"),
    _phrase("", "template", ("inst]", "sys>>"), r"\[/?inst\]|<</?sys>>"),
    _phrase(
        "en",
        "template",
        ("### response:", "### assistant:", "below is an instruction that describes a task"),
        r"^### instruction:[^#]*+### (?:input:[^#]*+### )?response:",
        r"^### human:[^#]*+### assistant:",
        r"below is an instruction that describes a task",
    ),
    _phrase(
        "en",
        "template",
        ("\nassistant: ",),
        # A script has one question and answer, a talk goes on.
        r"^(?:human|user|you): [^\n]++\n++assistant: [^\n]++\n++(?:human|user|you): ",
    ),
)
"""Every phrase."""


_COMMON = frozenset(string.ascii_lowercase + " ,.:'-")


def _rare(literal: str) -> str:
    """A character of the literal that few pages have, if there is one."""
    return next((character for character in literal if character not in _COMMON), literal[0])


_LITERALS = [
    (_rare(literal), literal, phrase.pattern) for phrase in PHRASES for literal in phrase.literals
]


def machine_text(text: str) -> int:
    """How many remnants of language models a text has outside of code."""
    code = [Edit(start, stop, "code") for start, stop in fences(text)]
    page = apply(text, code).lower().replace("’", "'")
    patterns = {pattern for rare, literal, pattern in _LITERALS if rare in page and literal in page}
    hits = (match.start() for pattern in patterns for match in pattern.finditer(page))
    return sum(_START.match(page, hit) is not None for hit in hits)

"""Small talk, and bounded work: the answer is in the text, or is short, or keeps the text's shape."""

from __future__ import annotations

from policyroute.scoring.signals.signal import Signal

SMALL_TALK = (
    Signal(
        "greeting",
        -0.8,
        (("chat", 1.3),),
        (
            "^(hi|hello|hey|yo|good (morning|afternoon|evening)|hallo|hej|moin|servus|guten (tag|morgen|abend))_",
            "^(bonjour|bonsoir|salut|coucou|hola|buen[oa]s (d[ií]as|tardes|noches)|ciao|buongiorno|buonasera)_",
            "^(ol[áa]|oi|bom dia|boa (tarde|noite)|goede(morgen|middag|navond)|cześć|dzień dobry|merhaba|selam)_",
            "^(привет|здравствуй|добр(ый|ое) (день|вечер|утро)|你好|您好|嗨|早上好|こんにちは|こんばんは|おはよう)",
            "^(안녕|مرحبا|السلام عليكم|नमस्ते|नमस्कार)",
        ),
    ),
    Signal(
        "thanks",
        -0.9,
        (("chat", 1.8),),
        (
            "^(thanks|thank you|thx|bye|goodbye|see you|okay|ok|cool|great|nice|awesome|perfect|danke|tschüss|merci|au revoir)_",
            "^(gracias|adi[óo]s|grazie|arrivederci|obrigad[oa]|tchau|bedankt|dank je|dziękuję|dzięki|teşekkür)",
            "^(спасибо|до свидания|谢谢|多谢|再见|好的|ありがとう|さようなら|고마워|감사합니다|شكرا|धन्यवाद)",
        ),
    ),
    Signal(
        "small-talk",
        -0.9,
        (("chat", 2.0),),
        (
            "_(how are you|how('s| is) it going|what'?s up|who are you|what can you do|nice to meet you|tell me about yourself)_",
            "_are you (an? )?(ai|bot|chatbot|robot|human|real|chatgpt)_",
            "_(wie geht('s| es dir)|wer bist du|comment ([çc]a va|vas-tu|allez-vous)|qui es-tu|c[óo]mo est[áa]s|qu[ée] tal)",
            "_(qui[ée]n eres|come stai|chi sei|tudo bem|quem é você|hoe gaat het|wie ben je|jak się masz|kim jesteś|nasılsın|sen kimsin)",
            "как дела|кто ты|你是谁|你好吗|你叫什么|元気ですか|あなたは誰|잘 지내|누구세요|كيف حالك|من أنت|आप कैसे|आप कौन",
        ),
    ),
)

TRANSLATION = (
    Signal(
        "translate",
        -2.2,
        (("translation", 3.5),),
        (
            "_(translat(e|es|ed|ion|ions|ing)_|übersetz|vertaal|vertaling|vertalen|how (do|would|can) (you|i|we) say)",
            "_(say (this|it|that) in|çevir|tercüme|przetłumacz|tłumacz)",
            "_(tradui(re|s|sez|t)|traduction|traduc(e|ir|ción|i)|traduzca|traduzcan|traduz(a|ir)?|tradução|traduzione|tradurre)_",
            "перевед|перевести|перевод (на|с) |翻译|翻譯|译成|譯成|译为|翻訳|訳して|번역|ترجم|अनुवाद",
        ),
    ),
    Signal(
        "language",
        -0.2,
        (("translation", 1.2),),
        (
            "_(in|into|to|from) (english|french|german|spanish|italian|portuguese|dutch|polish|turkish)_",
            "_(in|into|to|from) (russian|chinese|mandarin|japanese|korean|arabic|hindi|latin|hebrew|swedish|greek|ukrainian)_",
            "_(ins|auf) (englisch|deutsch|französisch|spanisch|italienisch|russisch|chinesisch|japanisch)",
            "_en (anglais|français|allemand|espagnol|inglés|español|francés|alemán)_|_em? (inglês|português|francês|alemão)_",
            "_(in (inglese|italiano|francese|tedesco)|naar het (engels|nederlands|duits|frans)|na (angielski|polski|niemiecki))_",
            "на (английск|русск|немецк|французск|испанск|китайск)|[成为到](中文|英文|英语|日文|日语|法语|法文|德语|德文|西班牙语|韩语|俄语)",
            "(英語|日本語|中国語|フランス語|ドイツ語|韓国語)に|(영어|한국어|일본어|중국어)로|إلى (الإنجليزية|العربية|الفرنسية)|(अंग्रेज़ी|हिंदी|हिन्दी) में",
        ),
    ),
)

READING = (
    Signal(
        "summarize",
        -0.4,
        (("summarization", 3.5),),
        (
            "_summar(y|ies|i[sz]e[sd]?|i[sz]ing|i[sz]ation)_|_tl;? ?dr_|_sum (up|it|this|in)_|_(condense|distill?|synthesi[sz]e)_",
            "_((main|key) (points|takeaways|ideas?) (of|from|in)|gist of|in a nutshell|(short|brief|meeting) notes|write an abstract)_",
            "_(zusammen(fass|gefasst|zufassen)|fass(e|en sie) |résum(e|er|ez|ons)_|un résumé|resumen_|resum(ir|a|o|e el|e la|e este)_)",
            "_(riassum|riassunto|sintetizza|samenvat|vat (dit|de|het|deze) |streść|streszcz|podsumuj|özet)",
            "резюмир|кратко (излож|перескаж)|краткое (содержание|изложение)|подведи итог|总结|總結|概括|概述|摘要|主旨|缩写|压缩[为成]|要約|要点",
            "요약|لخص|ملخص|सारांश|संक्षेप",
        ),
    ),
    Signal(
        "extract",
        -0.7,
        (("extraction", 2.6),),
        (
            "_(extract(s|ed|ing|ion)?|pull out|named entit(y|ies)|key details|key ?words|key phrases)_",
            "_(find|list|identify|get) (all|every) (the |of the )?(names?|dates?|places|people|persons|entities|emails?|locations)_",
            "_(extrahier|entnimm|entnehmen|extrai(re|s|t|yez)_|relevez?_|extra(e|er|iga|ia|ir)_|estrai|estrarre|extraheer|wyodrębnij|wypisz)",
            "_(çıkar(ın|t)?_|schlüsselwörter|mots-clés|palabras clave|palavras-chave|parole chiave|trefwoorden)",
            "извлек|выдели (все|ключев)|ключевые слова|提取|抽取|摘出|找出|关键词|關鍵詞|抽出|抜き出|추출|뽑아|استخرج|استخراج|निकाल",
        ),
    ),
    Signal(
        "passage",
        -0.1,
        (("extraction", 1.2), ("qa", 0.5), ("summarization", 0.4)),
        (
            "_(following|this|the|given|above|below) (passage|paragraph|context|document|article|text|excerpt|transcript|plot|bio)_",
            "_(following|this|the|given|above|below) (table|conversation|dialogue|news|report)_",
            "_(folgende[nr]? text|texte suivant|siguiente texto|seguente testo|seguinte texto|volgende tekst|poniższy tekst|aşağıdaki metin)",
            "следующ(ий|его|ем) текст|以下(文|段|内容|材料|短文|数据|表)|下面的(文|段|数据|表)|下列(文|段)|次の(文|テキスト)|다음 (글|문장|텍스트)",
            "النص التالي|निम्नलिखित (पाठ|गद्यांश)",
        ),
        ("^([Cc]ontext|[Pp]assage|[Dd]ocument|[Aa]rticle|[Tt]ext|[Tt]ranscript|[Ii]nput|[Ee]vidence|[Bb]io|[Pp]lot) ?:",),
    ),
)

LABELLING = (
    Signal(
        "classify",
        -1.0,
        (("classification", 3.0),),
        (
            "_(classif(y|ies|ied|ication|ying)|categori[sz]e|sentiment|(which|what|best) (category|class|label|section|topic|genre)|categor(y|ies))_",
            "_(klassifizier|kategorisier|stimmung (des|der|dieser)|classifi(e|ez|er)_|catégoris|clasifi(ca|que|car)_|categoriza|classifica)",
            "_(classifique|categorizza|classificeer|categoriseer|sklasyfikuj|kategoryz|sınıflandır|ordne(n sie)? (die|den|das|jede))",
            "классифицир|категориз|тональност|к какой категории|分类|分類|归类|歸類|属于哪|屬於哪|情感(分析|倾向)|类别|分[为成]|标记为|感情分析|カテゴリ",
            "분류|감정 분석|صنف|تصنيف|वर्गीकृत|वर्गीकरण",
        ),
    ),
    Signal(
        "labels",
        -0.5,
        (("classification", 2.2),),
        (
            "_(positive(,| or| and|/) ?negative|negative(,| or| and|/) ?positive|positiv oder negativ|positi[fv]o? (ou|o) n[ée]gati[fv]o?)_",
            "_(spam|star rating|rating of this|following (categories|labels|classes|topics))_",
            "_is (this|the following) (review|tweet|sentence|comment|message|e-?mail|text|statement)_",
            "позитивн|积极还是消极|正面还是负面|正面或负面|ポジティブ|긍정|إيجابي أو سلبي|सकारात्मक या",
        ),
        ("-rating[ .:,]|[Rr]ating( ?:)?$|^[Rr]eview( [Tt]ext)? ?:",),
    ),
    Signal(
        "same-meaning",
        -0.5,
        (("classification", 2.4),),
        (
            "_(mean the same|same meaning|same thing|paraphrases? of each|semantically (equivalent|similar)|supports? or (refutes?|contradicts?))_",
            "_(entail(s|ed|ment)?|contradicts?|morally|hate speech|toxic|offensive)_",
            "_(gleichbedeutend|même sens|mismo significado|stesso significato)_|意思(是否)?相同|同じ意味|같은 의미",
        ),
    ),
    Signal(
        "short-answer",
        -0.8,
        (("classification", 0.6), ("qa", 0.4), ("reasoning", 0.3)),
        (
            "_(yes or no|yes/no|true or false|true/false|one[- ]word|single (word|letter|choice|number)|without (any )?explanation)_",
            "_(answer|reply|respond|output|print|return) (with )?(only|just)_|_(only|just) (the answer|answer|reply|respond|output|print|return)_",
            "_(ja oder nein|oui ou non|vrai ou faux|sí o no|verdadero o falso|sì o no|vero o falso|sim ou não|ja of nee|tak czy nie|evet mi)_",
            "да или нет|одним словом|是或否|是还是不是|对还是错|只(需|要)?(回答|输出)|はいかいいえ|だけ(答|出力)|예 또는 아니|نعم أم لا|हाँ या नहीं",
        ),
    ),
)

SHAPING = (
    Signal(
        "format",
        -0.4,
        (("formatting", 2.6),),
        (
            "_(re)?format(ted|ting)? (as|the|this|it|into|these|my|following|text|in)_|_(pretty[- ]?print|alphabeti[sz]e|title case)_",
            "_(in)?to (an? |valid |the )?(json|csv|yaml|xml|markdown|html|bullet(ed)?|upper ?case|lower ?case|title case|iso 8601|snake_case|camelcase)_",
            "_(in alphabetical order|remove (the |all )?(duplicates|line breaks|blank lines|extra spaces))_",
            "_(formatier|als (json|csv|tabelle)_|alphabetisch|met(s|tez) en forme|formate(a|ar|er)_|en (json|formato)_|in (formato|tabella))",
            "отформатир|преобразуй|в виде (таблицы|списка|json)|в формат|格式化|转换(为|成)|轉換|转成|整理成|排版|フォーマット|整形|形式に変換|형식으로|تنسيق",
        ),
    ),
    Signal(
        "proofread",
        -0.4,
        (("formatting", 1.2), ("creative", 1.0)),
        (
            "_(proof-?read|spelling|punctuation|grammar|grammatical(ly)?|typos?)_",
            "_(rechtschreibung|grammatik|korrigier|orthographe|corrige(z|r)?_|ortografía|ortografia|grammatica|spelfout|popraw|yazım)",
            "исправь|орфограф|грамматик|语法|错别字|标点|文法|誤字|문법|맞춤법|صحح|व्याकरण",
        ),
    ),
    Signal(
        "rewrite",
        -0.2,
        (("creative", 1.4), ("formatting", 0.8)),
        (
            "_(re-?write|re-?phrase|paraphrase|re-?word|polish|improve (the|this|my)|make (it|this) (more|sound|shorter|longer|better))_",
            "_(umformulier|reformul|reescrib|reescrev|riscrivi|riformula|herschrijf|przeredaguj|yeniden yaz)",
            "перепиши|перефраз|改写|改寫|润色|潤色|重写|重新表达|书き直|書き直|言い換え|다시 써|바꿔 써|أعد (كتابة|صياغة)|फिर से लिख",
        ),
    ),
)

EVERYDAY = (*SMALL_TALK, *TRANSLATION, *READING, *LABELLING, *SHAPING)

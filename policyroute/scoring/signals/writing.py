"""Writing something new, and asking to be told something."""

from __future__ import annotations

from policyroute.scoring.signals.signal import Signal

WRITING = (
    Signal(
        "write",
        0.35,
        (("creative", 1.2),),
        (
            r"\b(?:write|draft|compose|craft|pen) (?:me |us )?(?:an?|the|some|my|about|\d+)\b|\b(?:create|generate|produce|prepare|develop|make) (?:me )?(?:an?|the|some|\d+)\b",
            r"\b(?:schreib|verfass|entwirf|entwerfen|[ée]cri(?:s|vez|re) |r[ée]dige|escrib(?:e|a|ir) |redact(?:a|e|ar) |scriv(?:i|a|imi|ere) )",
            r"\b(?:escrev(?:a|er|e) |redija|schrijf |napisz|yazın|yazar mısın)",
            r"напиши|составь|сочини|写一|撰写|写作|起草|作文|写(?:封|篇|个|首|段)|生成一|创作|编写|書いて|作成して|작성해|써 ?줘|써주세요|اكتب|लिखें|लिखिए|लिखो",
        ),
    ),
    Signal(
        "fiction",
        0.0,
        (("creative", 2.0),),
        (
            r"\b(?:poems?|poetry|haiku|limerick|sonnet|(?:short )?stor(?:y|ies)|fairy ?tale|lyrics|song|rap|novel|jokes?|screenplay|fan ?fic(?:tion)?)\b",
            r"\b(?:scene|monologue|dialogue between|fictional|protagonist|plot twist|world-?building)\b",
            r"\b(?:gedicht|geschichte über|märchen|liedtext|witz|poème|histoire (?:sur|d)|conte\b|chanson|blague|poema|cuento|canci[óo]n|chiste|poesia|racconto)",
            r"\b(?:barzelletta|canzone|canção|piada|história sobre|sprookje|verhaal|wiersz|opowiadanie|bajk|piosenk|şiir|hikaye|masal)",
            r"стих|рассказ|сказк|песн|анекдот|诗|故事|小说|歌词|笑话|童话|物語|小説|俳句|歌詞|이야기|소설|동화|قصيدة|قصة|نكتة|कविता|कहानी",
        ),
    ),
    Signal(
        "prose",
        0.1,
        (("creative", 1.7),),
        (
            r"\b(?:e-?mail|letter|cover letter|blog|essay|press release|speech|slogan|tag ?line|ad copy|advertisement|newsletter|caption|headline|tweet|(?:facebook|twitter|blog|forum) post|bio)s?\b",
            r"\b(?:article (?:about|on)|blog ?posts?|social media|product descriptions?|marketing (?:copy|plan|campaign)|linkedin|instagram|youtube|seo)\b",
            r"\b(?:script for|titles? for|biography|resume|proposal|invitation|testimonial|landing page|podcast|presentation|web ?site copy)\b",
            r"\b(?:aufsatz|bewerbung|pressemitteilung|blogbeitrag|werbetext|rede (?:für|über)|lettre (?:de|à)|discours|article de blog|carta (?:de|a|para)|ensayo|discurso)",
            r"\b(?:correo electrónico|lettera|saggio|discorso|redação|ensaio|opstel|toespraak|wypracowanie|przemówienie|mektup|makale|deneme)",
            r"письмо|сочинение|эссе|статью|речь для|文章|邮件|信件|一封|演讲|广告|文案|新闻稿|博客|随笔|短文|メール|手紙|作文|ブログ|이메일|편지|에세이|رسالة|مقال|पत्र|निबंध",
        ),
    ),
    Signal(
        "roleplay",
        0.1,
        (("creative", 2.2),),
        (
            r"\b(?:role-?play|act (?:as|like|an?)|pretend|play the (?:role|part)|imagine (?:you|that|yourself|an?)|in the (?:style|voice|tone) of)\b",
            r"\A\s*you are (?:an? |now |the )|\bif you were an?\b|\A\s*as an? ",
            r"\b(?:stell(?:e? dir|en sie sich|t euch) vor|spiel(?:e|en sie)? die rolle|wenn (?:du|sie) ein|imagine(?:z)? que|en tant que|joue(?:z)? le rôle)",
            r"\b(?:imagin[ae] que|act[úu]a como|como un[ao]? |si fueras|sup[oó]n(?:te|ga|gamos)? que|immagina (?:di|che)|se fossi|finja|aja como|se você fosse|doe alsof|stel je voor)",
            r"\b(?:wyobraź sobie|udawaj|gibi davran|hayal et)",
            r"представь|сыграй роль|扮演|假装|假裝|假如你是|如果你是|想象|作为一[名个位]|になりきって|想像して|역할|상상|تخيل|تظاهر|कल्पना",
        ),
    ),
    Signal(
        "brainstorm",
        0.1,
        (("creative", 1.8),),
        (
            r"\b(?:brainstorm(?:ing)?|ideas?|come up with|suggest(?:ions)?|think of (?:an?|some|\d+)|names? for|topics? for|ways to)\b",
            r"\b(?:ideen|vorschläge|schlag(?:e|en sie)? |idées|sugg[èe]re|propose(?:z)? |idee (?:per|voor)|ideias|sugiere|sugira|sugerencias|ideeën|pomysł|fikir|öner)",
            r"идеи|придумай|предложи|头脑风暴|主意|点子|想法|起名|取名|建议|アイデア|案を|아이디어|제안|أفكار|विचार|सुझाव",
        ),
    ),
    Signal(
        "long-form",
        0.5,
        (("creative", 0.7),),
        (
            r"\b(?:\d+|hundred|thousand)[- ]?words?\b|\b(?:detailed|comprehensive|in-depth|thorough|extensive|long-form)\b",
            r"\b(?:thesis|dissertation|white ?paper|business plan|grant proposal|lesson plan|curriculum|syllabus|case study|literature review)\b",
            r"\b(?:ausführlich|détaillée?|detallad[oa]|dettagliat[oa]|detalhad[oa]|uitgebreide?|szczegółow|ayrıntılı)",
            r"подробн|详细|詳細|深入|字以上|字左右|논문|자세히|مفصل|विस्तृत|विस्तार से",
        ),
    ),
)

ASKING = (
    Signal(
        "question-mark",
        -0.3,
        (("qa", 0.4),),
        (r"[?？؟]",),
    ),
    Signal(
        "question-last",
        0.0,
        (("qa", 0.3),),
        (r"[?？؟][\"'”’)\s]*$",),
    ),
    Signal(
        "fact",
        -0.8,
        (("qa", 0.6),),
        (
            r"\A\s*(?:is|are|was|were|do|does|did|can|has|have|how|who|whose|whom|when|where|which|what(?:'s| is| was| are| were| does| did| year| day)?|in (?:which|what))\b",
            r"\A\s*(?:wer|wann|wo|welche[rs]?|was (?:ist|sind|war)|wie (?:heißt|viele)|qui|quand|où|quel(?:le)?s?|qu'est-ce|combien)\b",
            r"\A\s*¿?(?:qui[ée]n|cu[áa]ndo|d[óo]nde|cu[áa]l(?:es)?|qu[ée]|chi|quando|dove|qual[ei]?|cosa|che cos|quem|onde|o que|quais|wie|wat|waar|wanneer|welke)\b",
            r"\A\s*(?:kto|kiedy|gdzie|który|która|co to|kim|ne zaman|nerede|hangi|ne(?:dir)?)\b",
            r"\A\s*(?:кто|когда|где|как(?:ой|ая|ое|ие)|что такое|сколько)|(?:是谁|是什么|什么是|哪(?:个|里|一|些)|什么时候)|(?:とは何|誰|いつ|どこ)|누구|언제|어디|무엇",
            r"\A\s*(?:من |متى|أين|ما ه[وي]|कौन|कब|कहाँ|क्या है)",
        ),
    ),
    Signal(
        "how-why",
        0.05,
        (("qa", 0.8),),
        (
            r"\b(?:how (?:to|do|does|did|can|could|should|is|are|would)|why|what (?:causes|happens|should|would you))\b",
            r"\b(?:difference between|what does|meaning of|determine whether|fact-?check|is it true|what(?: is|'s| are))\b",
            r"\b(?:wie (?:kann|funktioniert|macht|unterscheid)|warum|wieso|weshalb|comment|pourquoi|c[óo]mo|por qu[ée]|come (?:si|posso|funziona)|perché)\b",
            r"\b(?:como (?:posso|fazer|funciona|o|a)|hoe (?:kan|werkt|maak)|waarom|jak (?:zrobić|działa|mogę)|dlaczego|nasıl|neden|niçin)\b",
            r"как (?:мне|сделать|работает|можно)|почему|зачем|为什么|為什麼|如何|怎么|怎麼|怎样|なぜ|どうやって|どうすれば|왜|어떻게|لماذا|كيف|क्यों|कैसे",
        ),
    ),
    Signal(
        "explain",
        0.5,
        (("qa", 0.7), ("reasoning", 0.3)),
        (
            r"\b(?:explain|describe|define|elaborate|tell me (?:about|more)|introduce|overview of|teach me|walk me through|clarify|illustrate)\b",
            r"\b(?:erklär|erläuter|beschreib|expliqu|décri(?:s|vez|re)|explica|expliqu|describ(?:e|a|ir)|spiega|descriv|explique|descreva|leg uit|uitleg)",
            r"\b(?:beschrijf|wyjaśnij|opisz|wytłumacz|açıkla|anlat|tarif et)",
            r"объясни|опиши|расскажи|разъясни|解释|解釋|说明|說明|描述|介绍|介紹|阐述|説明して|解説|教えて|설명|알려|اشرح|صف |وضح|समझा|वर्णन|बताइए|बताएं",
        ),
    ),
    Signal(
        "advice",
        0.1,
        (("qa", 1.0),),
        (
            r"\b(?:recommend(?:ations?)?|advice|advise|tips|should i|what should|best (?:way|practices)|help me (?:decide|choose|understand|with))\b",
            r"\b(?:empfiehl|empfehl|rat(?:schl| geben)|soll(?:te)? ich|conseil|recommand|recomiend|consej|consigli|raccomand|recomend|conselho|aanbevel|advies)",
            r"\b(?:polec|doradź|porad|tavsiye)|посовету|порекоменд|стоит ли|推荐|推薦|该不该|应该如何|おすすめ|アドバイス|추천|조언|انصح|نصيحة|सलाह",
        ),
    ),
    Signal(
        "list",
        0.0,
        (("qa", 0.8),),
        (
            r"\A\s*(?:list|name)\b",
            r"\b(?:list (?:the|some|all|\d+|of)|name (?:the|some|three|five|ten|\d+|an?)|give (?:me )?(?:an?|some|\d+|three|five|ten|examples?)|examples? of|top \d+)\b",
            r"\b(?:nenn(?:e|en sie)|zähl(?:e|en sie)? |liste(?:z|n sie)? |cite(?:z)? |enumer|lista |nombra|elenca|cite |noem |wymień|sırala|say\b)",
            r"перечисли|назови|列出|列举|列舉|举例|例举|提供(?:一|几|三|五|\d)|给出(?:一|几|三|五|\d)|挙げて|リスト|나열|예를 들|اذكر|عدد |सूची|उदाहरण",
        ),
    ),
)

WRITING_AND_ASKING = (*WRITING, *ASKING)

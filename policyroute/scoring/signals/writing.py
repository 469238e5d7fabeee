"""Writing something new, and asking to be told something."""

from __future__ import annotations

from policyroute.scoring.signals.signal import Signal

WRITING = (
    Signal(
        "write",
        0.35,
        (("creative", 1.2),),
        (
            "_(write|draft|compose|craft|pen) (me |us )?(an?|the|some|my|about|0?0)_|_(create|generate|produce|prepare|develop|make) (me )?(an?|the|some|0?0)_",
            "_(schreib|verfass|entwirf|entwerfen|[ée]cri(s|vez|re) |r[ée]dige|escrib(e|a|ir) |redact(a|e|ar) |scriv(i|a|imi|ere) )",
            "_(escrev(a|er|e) |redija|schrijf |napisz|yazın|yazar mısın)",
            "напиши|составь|сочини|写一|撰写|写作|起草|作文|写(封|篇|个|首|段)|生成一|创作|编写|書いて|作成して|작성해|써 ?줘|써주세요|اكتب|लिखें|लिखिए|लिखो",
        ),
    ),
    Signal(
        "fiction",
        0.0,
        (("creative", 2.0),),
        (
            "_(poems?|poetry|haiku|limerick|sonnet|(short )?stor(y|ies)|fairy ?tale|lyrics|song|rap|novel|jokes?|screenplay|fan ?fic(tion)?)_",
            "_(scene|monologue|dialogue between|fictional|protagonist|plot twist|world-?building)_",
            "_(gedicht|geschichte über|märchen|liedtext|witz|poème|histoire (sur|d)|conte_|chanson|blague|poema|cuento|canci[óo]n|chiste|poesia|racconto)",
            "_(barzelletta|canzone|canção|piada|história sobre|sprookje|verhaal|wiersz|opowiadanie|bajk|piosenk|şiir|hikaye|masal)",
            "стих|рассказ|сказк|песн|анекдот|诗|故事|小说|歌词|笑话|童话|物語|小説|俳句|歌詞|이야기|소설|동화|قصيدة|قصة|نكتة|कविता|कहानी",
        ),
    ),
    Signal(
        "prose",
        0.1,
        (("creative", 1.7),),
        (
            "_(e-?mail|letter|cover letter|blog|essay|press release|speech|slogan|tag ?line|ad copy|advertisement|newsletter|caption|headline|tweet|(facebook|twitter|blog|forum) post|bio)s?_",
            "_(article (about|on)|blog ?posts?|social media|product descriptions?|marketing (copy|plan|campaign)|linkedin|instagram|youtube|seo)_",
            "_(script for|titles? for|biography|resume|proposal|invitation|testimonial|landing page|podcast|presentation|web ?site copy)_",
            "_(aufsatz|bewerbung|pressemitteilung|blogbeitrag|werbetext|rede (für|über)|lettre (de|à)|discours|article de blog|carta (de|a|para)|ensayo|discurso)",
            "_(correo electrónico|lettera|saggio|discorso|redação|ensaio|opstel|toespraak|wypracowanie|przemówienie|mektup|makale|deneme)",
            "письмо|сочинение|эссе|статью|речь для|文章|邮件|信件|一封|演讲|广告|文案|新闻稿|博客|随笔|短文|メール|手紙|作文|ブログ|이메일|편지|에세이|رسالة|مقال|पत्र|निबंध",
        ),
    ),
    Signal(
        "roleplay",
        0.1,
        (("creative", 2.2),),
        (
            "_(role-?play|act (as|like|an?)|pretend|play the (role|part)|imagine (you|that|yourself|an?)|in the (style|voice|tone) of)_",
            "^you are (an? |now |the )|_if you were an?_|^as an? ",
            "_(stell(e? dir|en sie sich|t euch) vor|spiel(e|en sie)? die rolle|wenn (du|sie) ein|imagine(z)? que|en tant que|joue(z)? le rôle)",
            "_(imagin[ae] que|act[úu]a como|como un[ao]? |si fueras|sup[oó]n(te|ga|gamos)? que|immagina (di|che)|se fossi|finja|aja como|se você fosse|doe alsof|stel je voor)",
            "_(wyobraź sobie|udawaj|gibi davran|hayal et)",
            "представь|сыграй роль|扮演|假装|假裝|假如你是|如果你是|想象|作为一[名个位]|になりきって|想像して|역할|상상|تخيل|تظاهر|कल्पना",
        ),
    ),
    Signal(
        "brainstorm",
        0.1,
        (("creative", 1.8),),
        (
            "_(brainstorm(ing)?|ideas?|come up with|suggest(ions)?|think of (an?|some|0?0)|names? for|topics? for|ways to)_",
            "_(ideen|vorschläge|schlag(e|en sie)? |idées|sugg[èe]re|propose(z)? |idee (per|voor)|ideias|sugiere|sugira|sugerencias|ideeën|pomysł|fikir|öner)",
            "идеи|придумай|предложи|头脑风暴|主意|点子|想法|起名|取名|建议|アイデア|案を|아이디어|제안|أفكار|विचार|सुझाव",
        ),
    ),
    Signal(
        "long-form",
        0.5,
        (("creative", 0.7),),
        (
            "0[- ]?words?_|_(hundred|thousand)[- ]?words?_|_(detailed|comprehensive|in-depth|thorough|extensive|long-form)_",
            "_(thesis|dissertation|white ?paper|business plan|grant proposal|lesson plan|curriculum|syllabus|case study|literature review)_",
            "_(ausführlich|détaillée?|detallad[oa]|dettagliat[oa]|detalhad[oa]|uitgebreide?|szczegółow|ayrıntılı)",
            "подробн|详细|詳細|深入|字以上|字左右|논문|자세히|مفصل|विस्तृत|विस्तार से",
        ),
    ),
)

ASKING = (
    Signal(
        "question-mark",
        -0.3,
        (("qa", 0.4),),
        (),
        ("\\?",),
    ),
    Signal(
        "question-last",
        0.0,
        (("qa", 0.3),),
        (),
        ("\\?([\"')][\"')]?)?$",),
    ),
    Signal(
        "fact",
        -0.8,
        (("qa", 0.6),),
        (
            "^(is|are|was|were|do|does|did|can|has|have|how|who|whose|whom|when|where|which|what('s| is| was| are| were| does| did| year| day)?|in (which|what))_",
            "^(wer|wann|wo|welche[rs]?|was (ist|sind|war)|wie (heißt|viele)|qui|quand|où|quel(le)?s?|qu'est-ce|combien)_",
            "^(qui[ée]n|cu[áa]ndo|d[óo]nde|cu[áa]l(es)?|qu[ée]|chi|quando|dove|qual[ei]?|cosa|che cos|quem|onde|o que|quais|wie|wat|waar|wanneer|welke)_",
            "^(kto|kiedy|gdzie|który|która|co to|kim|ne zaman|nerede|hangi|ne(dir)?)_",
            "^(кто|когда|где|как(ой|ая|ое|ие)|что такое|сколько)|(是谁|是什么|什么是|哪(个|里|一|些)|什么时候)|(とは何|誰|いつ|どこ)|누구|언제|어디|무엇",
            "^(من |متى|أين|ما ه[وي]|कौन|कब|कहाँ|क्या है)",
        ),
    ),
    Signal(
        "how-why",
        0.05,
        (("qa", 0.8),),
        (
            "_(how (to|do|does|did|can|could|should|is|are|would)|why|what (causes|happens|should|would you))_",
            "_(difference between|what does|meaning of|determine whether|fact-?check|is it true|what( is|'s| are))_",
            "_(wie (kann|funktioniert|macht|unterscheid)|warum|wieso|weshalb|comment|pourquoi|c[óo]mo|por qu[ée]|come (si|posso|funziona)|perché)_",
            "_(como (posso|fazer|funciona|o|a)|hoe (kan|werkt|maak)|waarom|jak (zrobić|działa|mogę)|dlaczego|nasıl|neden|niçin)_",
            "как (мне|сделать|работает|можно)|почему|зачем|为什么|為什麼|如何|怎么|怎麼|怎样|なぜ|どうやって|どうすれば|왜|어떻게|لماذا|كيف|क्यों|कैसे",
        ),
    ),
    Signal(
        "explain",
        0.5,
        (("qa", 0.7), ("reasoning", 0.3)),
        (
            "_(explain|describe|define|elaborate|tell me (about|more)|introduce|overview of|teach me|walk me through|clarify|illustrate)_",
            "_(erklär|erläuter|beschreib|expliqu|décri(s|vez|re)|explica|expliqu|describ(e|a|ir)|spiega|descriv|explique|descreva|leg uit|uitleg)",
            "_(beschrijf|wyjaśnij|opisz|wytłumacz|açıkla|anlat|tarif et)",
            "объясни|опиши|расскажи|разъясни|解释|解釋|说明|說明|描述|介绍|介紹|阐述|説明して|解説|教えて|설명|알려|اشرح|صف |وضح|समझा|वर्णन|बताइए|बताएं",
        ),
    ),
    Signal(
        "advice",
        0.1,
        (("qa", 1.0),),
        (
            "_(recommend(ations?)?|advice|advise|tips|should i|what should|best (way|practices)|help me (decide|choose|understand|with))_",
            "_(empfiehl|empfehl|rat(schl| geben)|soll(te)? ich|conseil|recommand|recomiend|consej|consigli|raccomand|recomend|conselho|aanbevel|advies)",
            "_(polec|doradź|porad|tavsiye)|посовету|порекоменд|стоит ли|推荐|推薦|该不该|应该如何|おすすめ|アドバイス|추천|조언|انصح|نصيحة|सलाह",
        ),
    ),
    Signal(
        "list",
        0.0,
        (("qa", 0.8),),
        (
            "^(list|name)_",
            "_(list (the|some|all|0?0|of)|name (the|some|three|five|ten|0?0|an?)|give (me )?(an?|some|0?0|three|five|ten|examples?)|examples? of|top 0?0)_",
            "_(nenn(e|en sie)|zähl(e|en sie)? |liste(z|n sie)? |cite(z)? |enumer|lista |nombra|elenca|cite |noem |wymień|sırala|say_)",
            "перечисли|назови|列出|列举|列舉|举例|例举|提供(一|几|三|五|0)|给出(一|几|三|五|0)|挙げて|リスト|나열|예를 들|اذكر|عدد |सूची|उदाहरण",
        ),
    ),
)

WRITING_AND_ASKING = (*WRITING, *ASKING)

"""What a text looks like: code, mathematics, lists, options, demanded formats."""

from __future__ import annotations

from policyroute.scoring.signals.signal import Signal

CODE = (
    Signal("fence", 0.4, (("code", 1.6),), (r"```|~~~",)),
    Signal(
        "syntax",
        1.1,
        (("code", 3.0),),
        (
            r"(?:^|\n)\s*(?:def |class [A-Z]|import [a-z]|from [a-z.]+ import |#include\s*[<\"]|public (?:static|class|void) |private |func |fn |package [a-z])",
            r"\bfunction\s*\w*\([\w, ]*\)\s*\{|=> ?\{|\);\s*(?:\n|$)|\b(?:console\.log|System\.out|std::|printf?\(|self\.|return [\w.]+[;(]|elif |nullptr)",
            r"</(?:div|p|a|span|html|body|script|table|li|ul)>|\b(?:SELECT [\w*., ]+ FROM|INSERT INTO|CREATE TABLE|UPDATE \w+ SET)\b|\$\(|\{\{|#!/",
            r"(?:^|\n)\s*(?:const|let|var|int|void|double|float|string|bool|for|while|if) ?\(?[\w ]+ ?(?:=|\(|\{|;)|(?:^|\n)>>> |\w\[\w+\] ?=|\w\+\+\)",
        ),
        case_sensitive=True,
    ),
    Signal(
        "failure",
        0.5,
        (("code", 2.0),),
        (
            r"Traceback \(most recent|\n\s+at [\w.$<>]+\(|Exception in thread|(?:Error|Exception):|segmentation fault|core dumped|npm ERR|panic:",
            r"(?i:\b(?:stack trace|compil(?:e|er|ation) error|syntax error|runtime error|undefined reference|null pointer|stack overflow|memory leak)\b)",
        ),
        case_sensitive=True,
    ),
    Signal(
        "trouble",
        0.45,
        (("code", 0.5), ("qa", 0.3)),
        (
            r"\b(?:bugs?|error(?:s|ed)?|crash(?:es|ed|ing)?|not working|(?:doesn't|does not|won't|isn't) work(?:ing)?|how (?:do|can) i fix|fix (?:this|the|my))\b",
            r"\b(?:fehler|funktioniert nicht|erreur|ne (?:marche|fonctionne) pas|no funciona|errore|non funziona|não funciona|foutmelding|błąd|hata)\b",
            r"ошибк|не работает|错误|报错|エラー|動かない|에러|오류|خطأ|त्रुटि",
        ),
    ),
    Signal(
        "language-name",
        0.25,
        (("code", 1.5),),
        (
            r"(?:^|[^a-z])(?:python|javascript|typescript|java|golang|rust|kotlin|php|perl|scala|haskell|matlab|fortran|vba|powershell|bash|shell script)(?:[^a-z]|$)",
            r"(?:^|[^a-z])(?:sql|mysql|postgres(?:ql)?|sqlite|mongodb|html5?|css|react|angular|vue(?:\.js)?|node(?:\.js)?|django|flask|pandas|numpy|pytorch|tensorflow)(?:[^a-z]|$)",
            r"\b(?:docker(?:file)?|kubernetes|terraform|regex|regular expression|unity|arduino|git|api|json schema|graphql|spring boot|\.net|latex|excel (?:formula|macro))\b",
            r"(?:^|[^a-z])c(?:\+\+|#)|\bin C\b",
        ),
    ),
    Signal(
        "program",
        0.75,
        (("code", 2.2),),
        (
            r"\b(?:functions? (?:that|to|which|called|named|in)|refactor)\b",
            r"\b(?:write|create|implement|fix|debug|review|explain|optimi[sz]e) (?:an? |the |this |my |some )?(?:\w+ )?(?:code|program|script)\b",
            r"\b(?:write|create|implement|fix|debug|review|explain|optimi[sz]e) (?:an? |the |this |my |some )?(?:\w+ )?(?:function|query|class)\b",
            r"\b(?:write|create|implement|fix|debug|review|explain|optimi[sz]e) (?:an? |the |this |my |some )?(?:\w+ )?(?:method|algorithm|app|api)\b",
            r"\b(?:debug(?:ging)?|unit tests?|source code|code (?:snippet|review|base)|codebase|pull request)\b",
            r"\b(?:programming|implement(?:ing|ation)?|algorithm|data structure|recursive|time complexity)\b",
            r"\b(?:programm(?:ieren|iere)?|skript|quellcode|funktion(?:en)? (?:die|zum|zur)|implementier|programmier)",
            r"\b(?:algorith?m|programmation|programme (?:en|qui)|fonction (?:qui|python)|implémente|code source)",
            r"\b(?:programa (?:en|em|que|de)|programaci[óo]n|programação|funci[óo]n (?:que|de|en)|implementa|código|função que)",
            r"\b(?:funzione che|programma (?:in|che)|codice|functie die|kod(?:u|em)?\b|funkcj[ęa]|fonksiyon)",
            r"программ[ау]|функци[юя]|алгоритм|код |代码|代碼|编程|程序|函数|脚本|算法|コード|プログラム|関数|アルゴリズム|코드|프로그램|함수|알고리즘|برنامج|دالة|كود|प्रोग्राम|फ़ंक्शन|कोड",
        ),
    ),
)

MATHEMATICS = (
    Signal(
        "formula",
        0.6,
        (("math", 1.9),),
        (
            r"\\(?:frac|int|sum|sqrt|boxed|cdot|times|leq?|geq?|neq|alpha|beta|theta|lambda|pi|infty|lim|log|begin\{|left|overline|angle|pmod)",
            r"[∑∫√≤≥∞∀∃∈∂∇⊂⊆→⇒≡≠±]|\b[xyznk]\s?\^\s?\{?[\dnk]|\b[fgh]\([xnt]\)|\d\s?[xyzn]\s?[+\-=*/]|\b[xyzn] ?= ?-?\d|\b(?:mod|sin|cos|tan|log|ln)\s?\(",
        ),
    ),
    Signal(
        "arithmetic",
        -0.1,
        (("math", 0.8),),
        (r"\d\s?[+*/×÷^=]\s?\(?\d|\d \- \d|\d%|\$\d|\d/\d",),
    ),
    Signal(
        "three-numbers",
        0.15,
        (("math", 0.7),),
        (r"\d[^\d]+\d[^\d]+\d",),
    ),
    Signal(
        "how-many",
        0.7,
        (("math", 0.8),),
        (
            r"\bhow (?:many|much|far|fast|old|long|tall)\b|\bwhat (?:is|was|will be) the (?:total|sum|average|difference|product|remainder|area|value|probability|perimeter|volume)\b",
            r"\b(?:km/h|mph|per hour|(?:twice|half|times) as (?:many|much|old|long|fast)|altogether|in total|percent(?:age)? of)\b",
            r"\b(?:wie ?viele?|combien|cu[áa]nt[oa]s?|quant[oaie]s?|hoeveel|ile |kaç )\b|сколько|多少|几(?:个|条|天|年|岁|人|只|次|元|本)|いくつ|何(?:個|人|円)|몇|얼마|كم |कितन",
        ),
    ),
    Signal(
        "mathematics",
        0.5,
        (("math", 1.6),),
        (
            r"\b(?:integrals?|derivatives?|differentiate|equations?|polynomials?|matri(?:x|ces)|eigenvalues?|logarithms?|quadratic|trigonometr|calculus|algebra(?:ic)?)",
            r"\b(?:geometr(?:y|ic)|triangles?|hypotenuse|circumference|radius|perimeter|probability|permutations?|combinatori|integers?|prime numbers?|divisible|remainder)",
            r"\b(?:simplify|factori[sz]e|solve (?:for|the equation|this equation|it)|calculate|compute|evaluate the|arithmetic|square root|decimal|fractions?|converges?)\b",
            r"\b(?:integral|ableitung|gleichung|wahrscheinlichkeit|berechn|löse|dreieck|intégrale|dérivée|équation|probabilité|calcule|résou|triangle|ecuaci[óo]n|derivada)",
            r"\b(?:resuelv|probabilidad|equazione|derivata|calcola|risolvi|equação|resolva|vergelijking|bereken|równani|całk|oblicz|pochodn|denklem|hesapla|türev|olasılık)",
            r"интеграл|производн|уравнен|вероятност|вычисли|реши|треугольник|матриц|积分|導関数|导数|方程|概率|求解|计算|計算|矩阵|三角形|求[fx出]|積分|微分|確率|적분|미분|방정식|계산|확률",
            r"تكامل|مشتق|معادلة|احتمال|احسب|समाकल|अवकल|समीकरण|प्रायिकता|गणना",
        ),
    ),
)

LAYOUT = (
    Signal(
        "options",
        -0.25,
        (("reasoning", 1.6), ("classification", 0.4)),
        (
            r"(?:^|\n)\s*\(?[BC][).:] ?\S|\(B\) ?\S| B\) ?\S|\n\s*Options?:|\bchoose (?:the |one |from )|\bwhich of the following\b|以下(?:哪|选项)|下列(?:哪|选项)|选择题",
        ),
    ),
    Signal("steps", 0.3, (), (r"(?:^|\n)\s*(?:2[.)]|\(?b\)|ii[.)]) ?\S",)),
    Signal("bullets", 0.1, (), (r"(?:^|\n)\s*[-*•] \S",)),
    Signal("table", 0.0, (("extraction", 0.5),), (r"\|\s*-{3}|\n[^|\n]+\|[^|\n]+\|",)),
    Signal(
        "structured-output",
        0.1,
        (("formatting", 0.7), ("extraction", 0.5)),
        (
            r"(?:^|[^a-z])(?:json|csv|yaml|xml|markdown)(?:[^a-z]|$)|\b(?:as|in) (?:a |an )?(?:html |markdown |bulleted |numbered |ordered )?(?:table|list|bullet points?)\b",
            r"\b(?:als (?:tabelle|liste)|sous forme de (?:tableau|liste)|en forma de (?:tabla|lista)|come (?:tabella|elenco)|em forma de (?:tabela|lista))\b",
            r"以(?:表格|列表|json)|表格形式|表形式|箇条書き|표로|목록으로|في جدول|तालिका",
        ),
    ),
    Signal(
        "constraints",
        0.4,
        (),
        (
            r"\b(?:must (?:not|be|have|include|use|contain)|no more than|without using|do not use|make sure|ensure that|constraints?|requirements?)\b",
            r"\b(?:at (?:least|most)|exactly) \d",
            r"\b(?:muss|müssen|darf nicht|mindestens|höchstens|au moins|au plus|sans utiliser|al menos|como máximo|sin usar|almeno|al massimo|pelo menos|no máximo)\b",
            r"не более|не менее|должен|необходимо|必须|至少|最多|不得|不超过|要求|必ず|以内|以上で|반드시|최소|يجب|कम से कम|ज़रूर",
        ),
    ),
)

SHAPE = (*CODE, *MATHEMATICS, *LAYOUT)

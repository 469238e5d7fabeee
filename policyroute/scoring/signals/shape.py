"""What a text looks like: code, mathematics, lists, options, demanded formats."""

from __future__ import annotations

from policyroute.scoring.signals.signal import Signal

CODE = (
    Signal("fence", 0.4, (("code", 1.6),), (), ("```|~~~",)),
    Signal(
        "syntax",
        1.1,
        (("code", 3.0),),
        (),
        (
            r"(^ ?|  )(def |func |fn |private |public (static|class|void) |(for|while|if) ?\(|return |elif )|^class [A-Z]|^#include ?[<\"]|^package [a-z]",
            r"^import ([{*\"']|(os|sys|re|json|java|numpy|pandas|react|static|torch|math|random|time|datetime|requests|com|org)[ .,;^])",
            r"^from (os|sys|re|typing|collections|numpy|pandas|sklearn|torch|tensorflow|flask|django|datetime|functools)[ .]",
            r"function ?\(|\) ?{^|=> ?{|\);(^|$)|;^|\):^|console.log|System.out|std::|printf\(|[ (=]self.|nullptr",
            r"</(div|p|a|span|html|body|script|table|li|ul)>|SELECT | FROM [a-z]|INSERT INTO|CREATE TABLE|\$\(|{{|#!/|^>>> ",
            r"^(const|var|int|void) [a-z]|(let|double|float|string|bool) [acfinrsxy] ?=|\[[ijkn0]\] ?=|\+\+\)",
        ),
    ),
    Signal(
        "failure",
        0.5,
        (("code", 2.0),),
        (
            "_(stack trace|compil(e|er|ation) error|syntax error|runtime error|undefined reference|null pointer|stack overflow|memory leak)_",
        ),
        (
            r"Traceback \(most recent|^(  ?|    )at [a-z]|Exception in thread|(Error|Exception):|segmentation fault|core dumped|npm ERR|panic:",
        ),
    ),
    Signal(
        "trouble",
        0.45,
        (("code", 0.5), ("qa", 0.3)),
        (
            "_(bugs?|error(s|ed)?|crash(es|ed|ing)?|not working|(doesn't|does not|won't|isn't) work(ing)?|how (do|can) i fix|fix (this|the|my))_",
            "_(fehler|funktioniert nicht|erreur|ne (marche|fonctionne) pas|no funciona|errore|non funziona|não funciona|foutmelding|błąd|hata)_",
            "ошибк|не работает|错误|报错|エラー|動かない|에러|오류|خطأ|त्रुटि",
        ),
    ),
    Signal(
        "language-name",
        0.25,
        (("code", 1.5),),
        (
            "_(python0?|javascript|typescript|java|golang|rust|kotlin|php|perl|scala|haskell|matlab|fortran|vba|powershell|bash|shell script)_",
            "_(sql|mysql|postgres(ql)?|sqlite0?|mongodb|html5?|css0?|react|angular|vue|node|django|flask|pandas|numpy|pytorch|tensorflow)_",
            "_(docker(file)?|kubernetes|terraform|regex|regular expression|unity|arduino|git|api|json schema|graphql|spring boot|latex|excel (formula|macro))_",
        ),
        (r"[Cc](\+\+|#)|in C[ .,:;?^]|[ P].NET",),
    ),
    Signal(
        "program",
        0.75,
        (("code", 2.2),),
        (
            "_(functions? (that|to|which|called|named|in)|refactor)_",
            "_(write|create|implement|fix|debug|review|explain|optimi[sz]e) (an? |the |this |my )?(code|program|script|function|query|class|method|algorithm|app|api)_",
            "_(python|java(script)?|typescript|c|sql|js|bash|shell|php|ruby|rust|go|r|simple|small|recursive|following) (code|program|script|function|query|app)_",
            "_(debug(ging)?|unit tests?|source code|code (snippet|review|base)|codebase|pull request)_",
            "_(programming|implement(ing|ation)?|algorithm|data structure|recursive|time complexity)_",
            "_(programm(ieren|iere)?|skript|quellcode|funktion(en)? (die|zum|zur)|implementier|programmier)",
            "_(algorith?m|programmation|programme (en|qui)|fonction (qui|python)|implémente|code source)",
            "_(programa (en|em|que|de)|programaci[óo]n|programação|funci[óo]n (que|de|en)|implementa|código|função que)",
            "_(funzione che|programma (in|che)|codice|functie die|kod(u|em)?_|funkcj[ęa]|fonksiyon)",
            "программ[ау]|функци[юя]|алгоритм|код |代码|代碼|编程|程序|函数|脚本|算法|コード|プログラム|関数|アルゴリズム|코드|프로그램|함수|알고리즘|برنامج|دالة|كود|प्रोग्राम|फ़ंक्शन|कोड",
        ),
    ),
)

MATHEMATICS = (
    Signal(
        "formula",
        0.6,
        (("math", 1.9),),
        ("[∑∫√≤≥∞∀∃∈∂∇⊂⊆→⇒≡≠±]",),
        (
            r"\\(frac|int|sum|sqrt|boxed|cdot|times|[lg]eq?|neq|alpha|beta|theta|lambda|pi|infty|lim|log|begin{|left|overline|angle|pmod)",
            r"[xyznkX]( \^ |\^){?[0nk]|[ ^(=\$*+-][fghF]\([xnt]\)|0 ?[xyzn] ?[+=*/-]|[ ^(\$,][xyzn] ?= ?-?0|[ ^(=0*+/-](mod|sin|cos|tan|log|ln) ?\(",
        ),
    ),
    Signal(
        "arithmetic",
        -0.1,
        (("math", 0.8),),
        (),
        (r"0 ?[+*/\^=] ?\(?0|0 - 0|0%|\$0",),
    ),
    Signal("three-numbers", 0.15, (("math", 0.7),), ("_0",), least=3),
    Signal(
        "how-many",
        0.7,
        (("math", 0.8),),
        (
            "_how (many|much|far|fast|old|long|tall)_|_what (is|was|will be) the (total|sum|average|difference|product|remainder|area|value|probability|perimeter|volume)_",
            "_(km/h|mph|per hour|(twice|half|times) as (many|much|old|long|fast)|altogether|in total|percent(age)? of)_",
            "_(wie ?viele?|combien|cu[áa]nt[oa]s?|quant[oaie]s?|hoeveel|ile |kaç )_|сколько|多少|几(个|条|天|年|岁|人|只|次|元|本)|いくつ|何(個|人|円)|몇|얼마|كم |कितन",
        ),
    ),
    Signal(
        "mathematics",
        0.5,
        (("math", 1.6),),
        (
            "_(integrals?|derivatives?|differentiate|equations?|polynomials?|matri(x|ces)|eigenvalues?|logarithms?|quadratic|trigonometr|calculus|algebra(ic)?)",
            "_(geometr(y|ic)|triangles?|hypotenuse|circumference|radius|perimeter|probability|permutations?|combinatori|integers?|prime numbers?|divisible|remainder)",
            "_(simplify|factori[sz]e|solve (for|the equation|this equation|it)|calculate|compute|evaluate the|arithmetic|square root|decimal|fractions?|converges?)_",
            "_(integral|ableitung|gleichung|wahrscheinlichkeit|berechn|löse|dreieck|intégrale|dérivée|équation|probabilité|calcule|résou|triangle|ecuaci[óo]n|derivada)",
            "_(resuelv|probabilidad|equazione|derivata|calcola|risolvi|equação|resolva|vergelijking|bereken|równani|całk|oblicz|pochodn|denklem|hesapla|türev|olasılık)",
            "интеграл|производн|уравнен|вероятност|вычисли|реши|треугольник|матриц|积分|導関数|导数|方程|概率|求解|计算|計算|矩阵|三角形|求[fx出]|積分|微分|確率|적분|미분|방정식|계산|확률",
            "تكامل|مشتق|معادلة|احتمال|احسب|समाकल|अवकल|समीकरण|प्रायिकता|गणना",
        ),
    ),
)

LAYOUT = (
    Signal(
        "options",
        -0.25,
        (("reasoning", 1.6), ("classification", 0.4)),
        ("_choose (the |one |from )|_which of the following_|以下(哪|选项)|下列(哪|选项)|选择题",),
        (r"(^ ?|^  )\(?[BbCc][).:]|[ (][Bb]\)|^ ?[Oo]ptions?:",),
    ),
    Signal("steps", 0.3, (), (), (r"(^ ?|^  )(0[.)] |\(?b\)|ii[.)])",)),
    Signal("bullets", 0.1, (), (), ("(^ ?|  )[-*] ",)),
    Signal("table", 0.0, (("extraction", 0.5),), (), (r"\| ?:?--|^\| ",)),
    Signal(
        "structured-output",
        0.1,
        (("formatting", 0.7), ("extraction", 0.5)),
        (
            "_(json|csv|yaml|xml|markdown)_|_(as|in) (a |an )?(html |markdown |bulleted |numbered |ordered )?(table|list|bullet points?)_",
            "_(als (tabelle|liste)|sous forme de (tableau|liste)|en forma de (tabla|lista)|come (tabella|elenco)|em forma de (tabela|lista))_",
            "以(表格|列表|json)|表格形式|表形式|箇条書き|표로|목록으로|في جدول|तालिका",
        ),
    ),
    Signal(
        "constraints",
        0.4,
        (),
        (
            "_(must (not|be|have|include|use|contain)|no more than|without using|do not use|make sure|ensure that|constraints?|requirements?)_",
            "_(at (least|most)|exactly) 0",
            "_(muss|müssen|darf nicht|mindestens|höchstens|au moins|au plus|sans utiliser|al menos|como máximo|sin usar|almeno|al massimo|pelo menos|no máximo)_",
            "не более|не менее|должен|необходимо|必须|至少|最多|不得|不超过|要求|必ず|以内|以上で|반드시|최소|يجب|कम से कम|ज़रूर",
        ),
    ),
)

SHAPE = (*CODE, *MATHEMATICS, *LAYOUT)

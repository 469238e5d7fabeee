"""What makes a question hard: proof, analysis, design, planning, special knowledge."""

from __future__ import annotations

from policyroute.scoring.signals.signal import Signal

RIGOUR = (
    Signal(
        "prove",
        2.0,
        (("reasoning", 1.6), ("math", 1.4)),
        (
            "_(prove|proving (that|the|this)|disprove|proofs? (of|that|by)|counter-?example|show that|derive|derivation of|deduce)_",
            "_(beweis|zeige(n sie)?,? dass|leite(n sie)? |herleit|widerleg|prouv(e|er|ez|ons)|démontr|demontrez|dédui(re|s|sez)|montre(z|r)? que)",
            "_(demuestr|demostrar|demostraci[óo]n|deduc(e|ir|zca)|prueba que|dimostr|deriva (il|la|el|o|a)|demonstr(e|ar|a) |prove que|deduza|bewijs|leid de )",
            "_(udowodni|dowied[źz]|wykaż|wyprowad|ispatla|kanıtla|türet)|i̇spatla",
            "докаж|доказать|доказательств|выведи|вывести формул|опроверг|证明|證明|推导|推導|反例|証明|導出|導き出|증명|유도하|برهن|أثبت|اثبت|استنتج|सिद्ध|प्रमाणित",
        ),
    ),
    Signal(
        "theory",
        1.2,
        (("math", 0.8), ("reasoning", 0.8)),
        (
            "_(theorems?|lemma|corollary|axioms?|conjecture|(by|mathematical) induction|for all (n|x|k|natural|real|integers?|positive)|converges?|convergence)_",
            "_(upper bound|lower bound|bound for|if and only if|contradiction|isomorph|bijecti(on|ve)|np-(hard|complete)|undecidab(le|ility)|g[öo]del)",
            "_(satz von|lehrsatz|vollständige induktion|(durch|mittels|per) induktion|konvergier|schranke|théorème|récurrence|converge_|borne_|majoration)",
            "_(teorema|inducci[óo]n|cota (para|superior|inferior)|induzione|limite superiore|indução|convergência|stelling van|inductie|twierdzeni|indukcj|zbieżn)",
            "_(teorem|tümevarım|yakınsa)",
            "теорем|лемм|индукци|сходи(тся|мост)|定理|引理|归纳法|歸納法|收敛|收斂|上界|下界|帰納法|収束|정리를|귀납법|수렴|مبرهنة|نظرية|الاستقراء|प्रमेय|आगमन",
        ),
    ),
    Signal(
        "step-by-step",
        0.3,
        (("reasoning", 1.5),),
        (
            "_(step[- ]by[- ]step|think (carefully|hard|through|deeply)|reason(ing)? (through|about|carefully|process|step)|show your (work|reasoning)|explain your (answer|reasoning)|chain of thought|justify)_",
            "_(your explanation|deine antwort|ihre antwort|(votre|ta) réponse|(su|tu) respuesta|(sua|tua) resposta|la tua risposta)_",
            "_(schritt für schritt|begründe|étape par étape|réfléchi|justifie|paso a paso|razon(a|amiento)|justifica|passo (dopo|a) passo|ragiona|raciocínio|stap voor stap)",
            "_(krok po kroku|uzasadnij|adım adım|gerekçe)",
            "пошагов|шаг за шагом|обоснуй|рассужда|рассуждени|一步一步|逐步|推理|论证|論證|仔细思考|你的(答案|回答|推理)|ステップ|論理的|順を追って|단계별|논리적|추론|خطوة بخطوة|فكر مليا|चरण-दर-चरण|कदम दर कदम|तर्क",
        ),
    ),
    Signal(
        "logic",
        0.4,
        (("reasoning", 1.8),),
        (
            "_(logical(ly)?|premises?|conclusion|deductively|syllogism|fallac(y|ies)|riddle|puzzle|sudoku|paradox|therefore|swap(s|ped)?|if all|some of the)_",
            "_(true|false) (and|or) (not )?(true|false)_",
            "_((the )?following paragraphs? (each )?describes?|which (one|person|of them) (is|was|has)|sequence|next (number|term)|argument(s)? (valid|sound))_",
            "_(rätsel|schlussfolger|logisch|énigme|logique|acertijo|l[óo]gic[oa]|indovinello|enigma|raadsel|zagadk|logiczn|bilmece|mantık)",
            "загадк|логическ|головоломк|逻辑|邏輯|谜|序列|なぞなぞ|パズル|수수께끼|퍼즐|논리|لغز|منطق|पहेली",
        ),
    ),
    Signal(
        "counterfactual",
        0.2,
        (("reasoning", 1.8), ("creative", 0.3)),
        (
            "_(what if|what would (have )?happen|would have (been|happened)|had never|hypothetical(ly)?|what might have|if there were no)_",
            "_(was wäre|hätte|et si |que se serait-il passé|aurait|serait|hubiera|hubiese|habría|pasaría|sarebbe|fosse stat[oa]|tivesse|como seria|worden wäre|gewesen wäre)_",
            "_(o que (teria|aconteceria)|wat als|wat zou|co by było|gdyby|ya olsaydı)|что было бы|если бы|会怎么?样|会发生什么|もしも|만약",
        ),
    ),
)

JUDGEMENT = (
    Signal(
        "analyse",
        0.6,
        (("reasoning", 1.2),),
        (
            "_(analy[sz](e|es|ing)|analysis of|critically|evaluate|assess(ment)?|investigate|examine|interpret|infer|critique|root cause)_",
            "_(analysier|bewerte|beurteile|untersuche|analyse[rz]?_|évalue|examine|analiz(a|ar|e))",
            "_(eval[úu]a|valuta |analise|avalie|analyseer|beoordeel|przeanalizuj|oceń|analiz et)",
            "проанализируй|анализ|оцени|исследуй|分析|评估|評估|评价|探究|剖析|分析して|評価して|분석|평가|حلل|تحليل|قيم |विश्लेषण|मूल्यांकन",
        ),
    ),
    Signal(
        "weigh",
        0.4,
        (("reasoning", 0.7),),
        (
            "_(compare|contrast|trade-?offs?|pros and cons|advantages and disadvantages|versus|vs|implications?|impacts? (of|on)|consequences|discuss|argue|debate)_",
            "_(vergleich|vor- und nachteile|auswirkung|diskutier|erörter|compar(e|ez|er|aison|a|ar)|avantages|inconvénients|conséquences|discut|ventajas|desventajas)",
            "_(confronta|vantaggi|svantaggi|vantagens|vergelijk|voor- en nadelen|porównaj|zalety i wady|karşılaştır|avantaj)",
            "сравни|преимуществ|недостатк|последстви|влияние|обсуди|比较|比較|优缺点|利弊|优劣|影响|影響|权衡|讨论|メリット|長所|비교|장단점|영향|قارن|مزايا|عيوب|तुलना|फायदे|प्रभाव",
        ),
    ),
    Signal(
        "rank",
        0.1,
        (("reasoning", 0.9),),
        (
            "_(rank(ing|ed)?|order (the|these|them)|prioriti[sz]e|from (best|most|least|lowest|highest|largest|smallest)|top 0?0 (best|most))_|排序|排名|ランキング|순위",
        ),
    ),
    Signal(
        "design",
        0.9,
        (("creative", 0.4), ("reasoning", 0.4), ("code", 0.3)),
        (
            "_(design (an?|the|and|of)|plan (an?|my|our|the)|architect(ure)?|roadmap|strategy|strategic)_",
            "_(plan for|action plan|framework for|specification|blueprint|methodology|propose an?)_",
            "_(entwirf|entwickle eine?n?|architektur|strategie|konzept für|concevez|conçois|concevoir|feuille de route|stratégie|diseñ(a|e|ar)|estrategia|arquitectura)",
            "_(progetta|architettura|strategia|projete|projetar|arquitetura|estratégia|ontwerp|architectuur|zaprojektuj|architektur|tasarla|mimari|strateji)",
            "спроектируй|архитектур|стратеги|разработай|设计|設計|架构|架構|规划|方案|策略|戦略|アーキテクチャ|설계|전략|아키텍처|صمم|استراتيجية|معمارية|डिज़ाइन|रणनीति",
        ),
    ),
    Signal(
        "systems",
        1.0,
        (("code", 0.7), ("qa", 0.3)),
        (
            "_(distributed|scalab(le|ility)|fault[- ]toleran(t|ce)|microservices?|concurren(t|cy)|multi-?thread(ed|ing)|race conditions?|deadlocks?|lock-free|sharding)_",
            "_(consensus|replication|idempoten|event sourcing|cqrs|eventual(ly)? consisten|zero[- ]downtime|high availability|multi-?tenant|threat model|latency|throughput)",
            "_(load balanc|cach(e invalidation|ing strategy)|compiler|kernel|garbage collect|cryptograph|machine learning|neural networks?|transformer|reinforcement learning)",
            "_(verteilte[sn]? system|skalierbar|nebenläufig|ausfallsicher|systèmes? distribués?|scalable)",
            "_(tolérant|sistemas? distribuidos?|escalab|sistema distribuito|sistemas? distribuídos?)",
            "распредел[её]нн|масштабируем|отказоустойчив|分布式|可扩展|高可用|并发|微服务|一致性|分散システム|スケーラブル|분산 시스템|확장 가능|موزع|قابل للتوسع|वितरित",
        ),
    ),
    Signal(
        "expertise",
        0.3,
        (("reasoning", 0.3), ("qa", 0.2)),
        (
            "_(quantum|thermodynamic|electromagneti|relativity|stoichiometr|molecul(e|ar)|enzymes?|genom|crispr|pathophysiolog|pharmac|diagnos[ie]s|differential diagnosis)",
            "_(jurisdiction|statut(e|ory)|plaintiff|defendant|liability|torts|tort law|fiduciary|constitutional)",
            "_(derivatives? pricing|portfolio|valuation|monetary|fiscal|elasticity|econometric)",
            "_(epistemolog|ontolog|metaphysic|hermeneutic|stochastic|differential equations?|topolog(y|ical)|bayesian|regression|hypothesis test|statistical(ly)?)",
            "_(quanten|thermodynamik|rechtsprechung|haftung|quantique|thermodynamique|juridique|responsabilité|cuántic|termodin[áa]mica|jur[íi]dic|quantistic|giuridic|quântic)",
            "квантов|термодинамик|юридическ|диагноз|量子|热力学|法律|诊断|基因|熱力学|診断|양자|열역학|진단|الكم|قانوني|تشخيص|क्वांटम|कानूनी|निदान",
        ),
    ),
)

EFFORT = (*RIGOUR, *JUDGEMENT)

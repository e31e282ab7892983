"""The words that the painter knows, in several languages and as emoji: data only.

A term in Latin, Cyrillic or Greek letters is met as a whole word (a plural -s or -es is forgiven); any other, such as a
Chinese character or an emoji, is met wherever it stands.
"""

from __future__ import annotations

from typing import Final

MOTIFS: Final[dict[str, str]] = {
    "sun": "sun sunny sunlight sunshine sonne soleil sol sole солнце ☀ 🌞 🌅 🌇 太陽 日",
    "moon": "moon moonlight moonlit moonrise crescent mond lune luna луна 🌙 🌕 🌝 🌛 月",
    "stars": (
        "star starry milky-way milky milchstraße voie-lactée starlight constellation sterne étoile estrella "
        "stella звезды ⭐ 🌟 ✨ 🌌 星"
    ),
    "aurora": "aurora borealis northern-lights polarlicht aurore",
    "rainbow": "rainbow regenbogen arc-en-ciel arcoíris 🌈 虹",
    "clouds": "cloud cloudy cumulus cirrus wolken nuage nube nuvola облака ☁ ⛅ 雲 云",
    "mountains": (
        "mountain mountainous alps alpine peak summit himalaya matterhorn fuji berg berge montagne montaña "
        "montagna гора горы ⛰ 🏔 🗻 山"  # noqa: RUF001 - a Russian word
    ),
    "hills": (
        "hill hillside rolling hügel colline colina collina холмы tuscany toscana moor highlands valley countryside"
    ),
    "volcano": "volcano volcanic eruption vulkan volcan volcán вулкан 🌋",
    "desert": "desert dune sahara sand-dune wüste désert desierto deserto пустыня 🏜 🐪 沙漠",
    "forest": (
        "forest sakura cherry 桜 wood woods woodland tree trees pine fir spruce birch jungle taiga wald bäume "
        "forêt bosque foresta лес дерево 🌲 🌳 🎄 森 林 木 樹"
    ),
    "lake": "lake pond lagoon reservoir fjord loch see lac lago озеро 湖 池 mirror-lake reflection",
    "sea": "sea ocean coast coastal wave waves seascape bay shore meer ozean mer océan mar mare море 🌊 海 surf",
    "beach": "beach sandy strand plage playa spiaggia пляж 🏖 砂浜",
    "island": "island isle insel île isla isola остров 🏝 島",
    "river": "river stream creek brook canal fluss rivière fleuve río fiume река 川 河",
    "waterfall": "waterfall cascade wasserfall chute cascada водопад 滝",
    "field": (
        "field meadow grass grassland prairie pasture wheat steppe savanna feld wiese champ prairies campo prado "
        "prato поле 🌾 野 lawn farmland"
    ),
    "flowers": (
        "flower flowers poppy poppies tulip lavender sunflower daisy rose wildflower blossom bloom blumen fleur "
        "flor fiore цветы 🌸 🌺 🌻 🌷 🌹 🌼 💐 花 blossoms garden"
    ),
    "road": "road path street trail lane highway straße weg route chemin camino strada дорога 🛣 道",
    "city": (
        "city skyline downtown metropolis skyscraper town urban cyberpunk manhattan tokyo york paris london berlin "
        "stadt ville ciudad città город 🌆 🌃 🏙 🌉 都市 街"
    ),
    "house": "house cottage cabin hut barn farmhouse home chalet haus hütte maison casa дом 🏠 🏡 🛖 家 village farm",
    "lighthouse": "lighthouse leuchtturm phare faro маяк 灯台",
    "castle": "castle fortress palace schloss burg château castillo castello замок 🏰 🏯 城",
    "windmill": "windmill mill windmühle moulin molino мельница",
    "bridge": "bridge brücke pont puente ponte мост 橋",
    "boat": (
        "boat sailboat ship sail yacht sailing fishing-boat boot segelboot schiff bateau voilier barco velero "
        "barca лодка корабль ⛵ 🚤 🛶 🚢 船"
    ),
    "balloon": "balloon balloons ballon montgolfière globo mongolfiera шар 🎈 気球",
    "birds": "bird birds gull seagull goose geese crane vogel vögel oiseau pájaro uccello птица птицы 🐦 🕊 🦅 鳥",
    "cat": "cat kitten kitty katze chat gato gatto кот кошка 🐱 🐈 😺 猫",
    "person": (
        "person people man woman wanderer traveller traveler hiker monk girl boy figure mensch personne persona "
        "человек 🚶 🧍 🧑 人"
    ),
    "portrait": "portrait face bust selfie headshot porträt retrato ritratto портрет 👩 👨 👤 肖像",
    "still_life": (
        "still-life fruit bowl apple apples orange oranges pear pears grapes lemon lemons stillleben nature-morte "
        "bodegón obst натюрморт 🍎 🍊 🍐 🍇 🍋 🍑 果物"
    ),
    "vase": "vase bouquet jar ваза",
    "space": (
        "space galaxy nebula planet cosmos universe saturn astronaut weltraum espace espacio космос 🪐 🚀 🌍 宇宙 銀河"
    ),
    "abstract": (
        "abstract abstraction pattern geometric marble fractal psychedelic abstrakt abstrait abstracto абстракция "
        "抽象 🎨"
    ),
}

HOURS: Final[dict[str, str]] = {
    "dawn": (
        "dawn sunrise daybreak morgendämmerung aube amanecer alba рассвет 🌄 夜明け morning morgen matin mañana утро"
    ),
    "day": "noon midday daytime day daylight mittag midi mediodía полдень 昼",
    "golden": (
        "sunset golden-hour sonnenuntergang coucher atardecer tramonto закат evening abend soir 夕日 夕焼け 🌇 🌆 "
        "golden-light"
    ),
    "dusk": "dusk twilight gloaming blue-hour dämmerung crépuscule crepúsculo сумерки 黄昏",
    "night": "night midnight nocturne nighttime nacht nuit noche notte ночь 🌃 🌌 夜 dark",
}

WEATHERS: Final[dict[str, str]] = {
    "clear": "clear cloudless",
    "overcast": "overcast grey-sky gloomy moody bedeckt couvert",
    "storm": "storm stormy thunder thunderstorm lightning sturm gewitter tempête tormenta гроза буря ⛈ 🌩 嵐",
    "rain": "rain rainy drizzle regen pluie lluvia pioggia дождь 🌧 ☔ 雨",
    "snowfall": "snowfall snowing blizzard snowstorm schneesturm ❄ 🌨 吹雪",
    "fog": "fog foggy mist misty haze hazy nebel brume brouillard niebla nebbia туман 🌫 霧",
}

SEASONS: Final[dict[str, str]] = {
    "spring": "spring frühling printemps primavera весна 春 🌱",
    "summer": "summer sommer été verano estate лето 夏",
    "autumn": "autumn fall herbst automne otoño autunno осень 秋 🍂 🍁",
    "winter": (
        "winter snow snowy frozen ice icy frost hiver invierno inverno зима schnee neige nieve neve снег 冬 雪 ⛄ "
        "☃ arctic antarctic glacier"
    ),
}

STYLE_WORDS: Final[dict[str, str]] = {
    "oil": "oil impasto impressionist impressionism monet ölgemälde huile óleo gogh",
    "watercolor": "watercolor watercolour aquarell aquarelle acuarela акварель 水彩",
    "pastel": "pastel chalk crayon pastell",
    "ink": "ink sumi sumi-e drawing sketch charcoal tusche encre tinta 墨 水墨",
    "woodblock": "woodblock ukiyo-e ukiyo hokusai hiroshige linocut woodcut print holzschnitt 浮世絵",
    "flat": "flat vector minimalist minimal poster illustration",
    "pointillist": "pointillist pointillism seurat stippled dots",
}

COLOURS: Final[dict[str, tuple[str, str]]] = {
    "red": ("c8362e", "red crimson scarlet vermilion rot rouge rojo rosso красный 赤 🔴 ❤"),
    "orange": ("e8842a", "orange-coloured tangerine amber apricot naranja оранжевый 🟠 🧡"),
    "yellow": ("f0c63c", "yellow golden gold mustard gelb jaune amarillo giallo жёлтый желтый 黄 🟡 💛"),
    "green": ("4f9448", "green emerald grün vert verde зелёный зеленый 緑 🟢 💚"),
    "teal": ("2a8f8c", "teal turquoise cyan aqua türkis"),
    "blue": ("3566b8", "blue azure cobalt indigo navy blau bleu azul blu синий голубой 青 🔵 💙"),
    "purple": ("7a4ca0", "purple violet lilac mauve magenta lila violett violeta фиолетовый 紫 🟣 💜"),
    "pink": ("e486a6", "pink rosa salmon розовый 桃色 🩷"),
    "white": ("f4f0e8", "white ivory cream weiß blanc blanco bianco белый 白"),
    "black": ("26262e", "black ebony schwarz noir negro nero чёрный черный 黒"),
    "brown": ("84582f", "brown sepia ochre bronze braun brun marrón коричневый 茶色"),
    "grey": ("8d9096", "grey gray silver grau gris серый 灰色"),
}

AVOIDED: Final[dict[str, str]] = {
    "grain": "grain grainy noise noisy texture textured brushstroke",
    "blur": "blur blurry blurred soft unsharp out-of-focus",
    "dark": "dark gloomy underexposed shadow",
    "bright": "bright overexposed washed-out",
    "saturated": "saturated oversaturated colorful colourful vivid garish",
    "dull": "dull monochrome desaturated grayscale",
    "vignette": "vignette border frame",
}
"""Faults of a picture that a negative prompt may name."""
